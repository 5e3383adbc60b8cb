"""The live database, whatever holds it: what may be asked of it, and how a SQLite file answers.

Everything that reads or changes it is a function over a `sqlite3.Connection`; an implementation
says where that connection leads and how a change becomes real.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from coccinelle_assets.live.deferred import Deferred
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets.live.sqlite.schema import Schema, read_schema
from coccinelle_assets.live.sqlite.snapshot import take_snapshot
from coccinelle_assets.live.statistics.count import write_link_statistics
from coccinelle_assets.standing import changing

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """What a change returned, the rows that it left because they changed meanwhile, and notes.

    `notes` name what was kept of it: a file, a bookmark.
    """

    result: T
    deferred: tuple[Deferred, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question selects: columns, none where no row tells them, and rows."""

    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()


class Database(Protocol):
    """The application's live database."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def file(self) -> Path | None:
        """The file whose header and times tell whether anybody wrote; None where it has none."""

    def schema(self) -> Schema:
        """Its tables and columns, asked for without copying it."""

    def snapshot(self, target: Path, *, again: bool = True) -> None:
        """Copy the database to a SQLite file at `target`, which appears whole or not at all.

        Without `again`, what was copied last will do where the database itself cannot be opened.
        """

    def ask(self, schema: Schema, *questions: str) -> list[Answer]:
        """Answers to questions that only read, all of one moment where the database can do that.

        They may read `link_statistics`, each customer's links, counted.
        """

    def read(self, *tables: str) -> AbstractContextManager[sqlite3.Connection]:
        """A connection for queries.

        `tables` are all whose rows are asked for: where rows have to be fetched, none of others
        are. Without, all that any change has to see.
        """

    def change(
        self,
        name: str,
        work: Callable[[sqlite3.Connection], T],
        *,
        plan: Path | None = None,
    ) -> Change[T]:
        """Run `work` on a writable connection; what it wrote is real when this returns.

        An exception from `work` leaves the database as it was. `work` may run more than once,
        each time on the database as it then is. Where it applies a `plan`, it may run on what the
        last `snapshot` copied, where the database itself cannot be opened: rows that changed
        since are left and named in the result.
        """


@dataclass(frozen=True, slots=True)
class SqliteDatabase:
    """A SQLite file, written to in place: one transaction of `work` is one of the file."""

    path: Path
    busy_timeout_seconds: float

    @property
    def name(self) -> str:
        """What messages call it."""
        return str(self.path)

    @property
    def file(self) -> Path:
        """The file itself."""
        return self.path

    def schema(self) -> Schema:
        """The file's tables and columns."""
        with self.read() as live:
            return read_schema(live)

    def snapshot(self, target: Path, *, again: bool = True) -> None:
        """Copy the file, opened read-only."""
        take_snapshot(self.path, target, self.busy_timeout_seconds)

    def ask(self, schema: Schema, *questions: str) -> list[Answer]:
        """Answers to questions, inside one read transaction."""
        with self.read() as live:
            live.execute("BEGIN")
            try:
                if any("link_statistics" in question for question in questions):
                    write_link_statistics(live, schema)
                return [_answer(live.execute(question)) for question in questions]
            finally:
                live.execute("ROLLBACK")

    def read(self, *_: str) -> AbstractContextManager[sqlite3.Connection]:
        """Open the file read-only."""
        return open_live(self.path, self.busy_timeout_seconds)

    def change(
        self,
        name: str,
        work: Callable[[sqlite3.Connection], T],
        *,
        plan: Path | None = None,
    ) -> Change[T]:
        """Run `work` on the file itself."""
        with (
            changing(f"the {name}"),
            open_live(self.path, self.busy_timeout_seconds, writable=True) as live,
        ):
            return Change(work(live))


def _answer(cursor: sqlite3.Cursor) -> Answer:
    return Answer([column[0] for column in cursor.description], cursor.fetchall())
