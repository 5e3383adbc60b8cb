"""Where a run is inside a step: what it is doing, and how much of it is done.

Whoever works tells it, whoever shows it listens: a terminal, the log of a run, or both. A listener
that fails is not told again: no run ends for its display.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb
from duckdb import DuckDBPyConnection

POLL_SECONDS = 0.5
# Steps that take no longer leave no line in the log.
LOG_SECONDS = 10.0

# Called with what is being done and the share that is done, 0 to 1.
Listener = Callable[[str, float], None]


class _Progress:
    def __init__(self) -> None:
        self.listeners: list[Listener] = []
        self.logging = False
        self.watchers = 0
        self.connections: list[DuckDBPyConnection] = []
        self.lock = threading.Lock()


_PROGRESS = _Progress()


def tell(what: str, done: int, total: int) -> None:
    """Tell whoever listens that `done` of `total` is done."""
    for listener in list(_PROGRESS.listeners) if total else ():
        try:
            listener(what, done / total)
        except Exception:
            _forget(listener)


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """In the block `listener` hears of work in this process, from any of its threads."""
    _PROGRESS.listeners.append(listener)
    _PROGRESS.watchers += 1
    ended = threading.Event()
    thread = threading.Thread(target=_ask_engines, args=(ended,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        _PROGRESS.watchers -= 1
        _forget(listener)
        ended.set()
        thread.join()


@contextmanager
def logged(log: Callable[[str], None], *, engines: bool) -> Iterator[None]:
    """In the block `log` is given a line now and then of where work is, the first after a while.

    With `engines` DuckDB's statements are asked, too, which costs a run of a million records 7 % of
    its time. A block inside a block adds no second line.
    """
    if _PROGRESS.logging:
        yield
        return
    last = time.monotonic()

    def hear(what: str, share: float) -> None:
        nonlocal last
        if time.monotonic() - last >= LOG_SECONDS:
            last = time.monotonic()
            log(f"{what or 'this statement'}: {share:.0%} done")

    _PROGRESS.logging = True
    try:
        if engines:
            with heard_by(hear):
                yield
        else:
            _PROGRESS.listeners.append(hear)
            yield
    finally:
        _forget(hear)
        _PROGRESS.logging = False


def _forget(listener: Listener) -> None:
    if listener in _PROGRESS.listeners:
        _PROGRESS.listeners.remove(listener)


@contextmanager
def followed(connection: DuckDBPyConnection) -> Iterator[None]:
    """In the block the statements of a DuckDB connection are asked for their progress."""
    if not _PROGRESS.watchers:
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
