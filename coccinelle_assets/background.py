"""Work beside other work: SQLite and DuckDB both let other threads run while they work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from duckdb import DuckDBPyConnection


@contextmanager
def beside(*works: Callable[[], object]) -> Iterator[list[Future[object]]]:
    """Run `works` one after another in a thread beside the block, which gets their futures.

    When the block has ended, so have they; the first error of theirs reaches the caller, unless
    the block raised one of its own. What a work uses, such as a connection, is not used in the
    block until the future of that work has its result.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        futures = [thread.submit(work) for work in works]
        yield futures
    for future in futures:
        future.result()


@contextmanager
def one_core_each(connection: DuckDBPyConnection) -> Iterator[None]:
    """In the block, a query of DuckDB takes the core of the thread that asks it, and no other.

    For queries beside other work: a thread that waits for DuckDB's own ones keeps its core busy.
    """
    (before,) = connection.execute("SELECT current_setting('threads')").fetchone()
    connection.execute("SET threads = 1")
    try:
        yield
    finally:
        connection.execute(f"SET threads = {before}")
