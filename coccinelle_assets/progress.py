"""Where a run is inside a step: what it is doing, and how much of it is done.

Whoever works tells it, whoever shows it listens; nothing is asked and nothing is set up while
nobody does. A listener that fails is not told again: no run ends for its display.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb
from duckdb import DuckDBPyConnection

POLL_SECONDS = 0.5

# Called with what is being done and the share that is done, 0 to 1.
Listener = Callable[[str, float], None]


class _Progress:
    def __init__(self) -> None:
        self.listener: Listener | None = None
        self.connections: list[DuckDBPyConnection] = []
        self.lock = threading.Lock()


_PROGRESS = _Progress()


def tell(what: str, done: int, total: int) -> None:
    """Tell the listener, if there is one, that `done` of `total` is done."""
    listener = _PROGRESS.listener
    if listener is None or not total:
        return
    try:
        listener(what, done / total)
    except Exception:
        _PROGRESS.listener = None


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """In the block `listener` hears of work in this process, from any of its threads."""
    _PROGRESS.listener = listener
    ended = threading.Event()
    thread = threading.Thread(target=_ask_engines, args=(ended,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        _PROGRESS.listener = None
        ended.set()
        thread.join()


@contextmanager
def followed(connection: DuckDBPyConnection) -> Iterator[None]:
    """In the block the statements of a DuckDB connection are asked for their progress."""
    if _PROGRESS.listener is None:
        yield
        return
    connection.execute("SET enable_progress_bar = true")
    connection.execute("SET enable_progress_bar_print = false")
    with _PROGRESS.lock:
        _PROGRESS.connections.append(connection)
    try:
        yield
    finally:
        with _PROGRESS.lock:
            _PROGRESS.connections.remove(connection)


def _ask_engines(ended: threading.Event) -> None:
    while not ended.wait(POLL_SECONDS):
        with _PROGRESS.lock:
            for connection in _PROGRESS.connections:
                try:
                    share = connection.query_progress()
                except duckdb.Error:
                    continue
                # -1 while nothing runs or nothing is known.
                if 0 < share <= 100:
                    tell("", round(share), 100)
