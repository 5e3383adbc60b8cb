"""Work beside other work: SQLite and DuckDB both let other threads run while they work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from duckdb import DuckDBPyConnection

from coccinelle_assets.sql import one_row

T = TypeVar("T")


class Submit(Protocol):
    """Gives a thread a work to do, after those that it was given before."""

    def __call__(self, work: Callable[[], T], /) -> Future[T]:
        """The future of `work`."""


@contextmanager
def worker() -> Iterator[Submit]:
    """One thread beside the block, which is given works by what the block gets.

    When the block has ended, so have they; the first error of theirs reaches the caller, unless
    the block raised one of its own. What a work uses, such as a connection, is not used in the
    block until the future of that work has its result.
    """
    given: list[Future[Any]] = []
    with ThreadPoolExecutor(max_workers=1) as thread:

        def submit(work: Callable[[], T], /) -> Future[T]:
            future = thread.submit(work)
            given.append(future)
            return future

        yield submit
    for future in given:
        future.result()


@contextmanager
def beside(work: Callable[[], T]) -> Iterator[Future[T]]:
    """Run one work in a thread beside the block, as `worker` does."""
    with worker() as submit:
        yield submit(work)


@contextmanager
def one_core_each(connection: DuckDBPyConnection) -> Iterator[None]:
    """In the block, a query of DuckDB takes the core of the thread that asks it, and no other.

    For queries beside other work: a thread that waits for DuckDB's own ones keeps its core busy.
    """
    (before,) = one_row(connection.execute("SELECT current_setting('threads')"))
    connection.execute("SET threads = 1")
    try:
        yield
    finally:
        connection.execute(f"SET threads = {before}")
