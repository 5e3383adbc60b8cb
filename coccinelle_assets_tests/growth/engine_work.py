"""The work of a run in rows and instructions, not in seconds: every statement of both engines.

DuckDB's profiler tells the rows that each operator of a statement gave; SQLite calls a progress
handler after so many instructions of its virtual machine, and tells each statement that it starts.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pytest

INSTRUCTIONS = 1_000


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator of an executed plan: its kind, the rows it gave, the conditions of a join."""

    kind: str
    rows: int
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """One executed statement of DuckDB."""

    statement: str
    operators: tuple[Operator, ...]

    @property
    def rows(self) -> int:
        """Rows that all operators gave together."""
        return sum(operator.rows for operator in self.operators)

    @property
    def widest(self) -> int:
        """The most rows that one operator gave."""
        return max((operator.rows for operator in self.operators), default=0)


@dataclass(slots=True)
class Work:
    """What was executed: DuckDB's statements, and SQLite's instructions in thousands by statement.

    `written_order`: DuckDB joins in the order in which a statement is written, not in its own.
    """

    written_order: bool = False
    profiles: list[Profile] = field(default_factory=list)
    by_statement: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def instructions(self) -> int:
        """All of SQLite's instructions, in thousands."""
        return self.by_statement.total()

    def count(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        """Have a connection's instructions counted, each thousand for the statement it runs."""
        running = ""

        def started(statement: str) -> None:
            nonlocal running
            # A trigger's own statements come as comments: they count for what fired it.
            if not statement.startswith("--"):
                running = statement

        def passed() -> int:
            with self.lock:
                self.by_statement[without_values(running)] += 1
            return 0

        connection.set_trace_callback(started)
        connection.set_progress_handler(passed, INSTRUCTIONS)
        return connection


def without_values(statement: str) -> str:
    """A statement with its literals taken out, so that each of many looks the same."""
    return re.sub(r"'(?:[^']|'')*'|\b\d+\b", "?", statement)


class ProfiledConnection:
    """A DuckDB connection that notes the profile of every statement once its rows are fetched."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, work: Work) -> None:
        self._connection, self._work, self._running = connection, work, None
        connection.execute("SET enable_profiling = 'no_output'")
        if work.written_order:
            connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")

    def execute(self, statement: str, *parameters: Any) -> ProfiledConnection:
        self._note()
        self._connection.execute(statement, *parameters)
        self._running = statement
        if not statement.lstrip().upper().startswith(("SELECT", "WITH", "--")):
            self._note()
        return self

    def fetchone(self) -> Any:
        return self._fetched(self._connection.fetchone())

    def fetchmany(self, size: int = 1) -> Any:
        return self._connection.fetchmany(size)

    def fetchall(self) -> Any:
        return self._fetched(self._connection.fetchall())

    def fetchnumpy(self) -> Any:
        return self._fetched(self._connection.fetchnumpy())

    def cursor(self) -> ProfiledConnection:
        return ProfiledConnection(self._connection.cursor(), self._work)

    def close(self) -> None:
        self._note()
        self._connection.close()

    def __enter__(self) -> ProfiledConnection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def _fetched(self, rows: Any) -> Any:
        self._note()
        return rows

    def _note(self) -> None:
        if self._running is None:
            return
        text = self._connection.get_profiling_information(format="json")
        tree = json.loads(text) if text else {}
        profile = Profile(self._running, tuple(_operators(tree)))
        self._running = None
        with self._work.lock:
            self._work.profiles.append(profile)


def _operators(node: dict[str, Any]) -> Iterator[Operator]:
    if "operator_type" in node:
        conditions = node.get("extra_info", {}).get("Conditions", ())
        conditions = (conditions,) if isinstance(conditions, str) else tuple(conditions)
        yield Operator(node["operator_type"], node["operator_cardinality"], conditions)
    for child in node.get("children", ()):
        yield from _operators(child)


@contextmanager
def measured_work(*, written_order: bool = False) -> Iterator[Work]:
    """Every connection that is opened in the block, to either engine, is counted."""
    work = Work(written_order)
    connect_duckdb, connect_sqlite = duckdb.connect, sqlite3.connect

    def profiled(*arguments: Any, **options: Any) -> ProfiledConnection:
        return ProfiledConnection(connect_duckdb(*arguments, **options), work)

    def counted(*arguments: Any, **options: Any) -> sqlite3.Connection:
        return work.count(connect_sqlite(*arguments, **options))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb, "connect", profiled)
        patch.setattr(sqlite3, "connect", counted)
        yield work
