"""The application's triggers on tables whose rows the project writes.

They answer to the application's writes, so they rest while the project writes. But some keep
something up to date out of what is written: an index for full text, another table. Those that read
nothing of what is written have nothing to catch up on and rest; a sound index over a table's rows
is rebuilt afterwards; all others stay awake, and do what they do for the application's writes. One
that would delete or change rows that belong to a customer, when that is merged into another, stays
awake and must not: the change is refused.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.sqlite.empty_copy import empty_copy
from coccinelle_assets.live.sqlite.soundness import compile_event, each_trigger_alone
from coccinelle_assets.live.sqlite.virtual_tables import (
    content_of,
    is_sound,
    rebuild,
    virtual_tables,
)
from coccinelle_assets.sql import quoted
from coccinelle_assets.tables import CUSTOMER_COLUMNS, LINKED_TABLES

_WRITES = {
    sqlite3.SQLITE_INSERT: "INSERT",
    sqlite3.SQLITE_UPDATE: "UPDATE",
    sqlite3.SQLITE_DELETE: "DELETE",
}
# Table and column; event, table and column, which is empty but for an UPDATE.
Read = tuple[str, str]
Write = tuple[str, str, str]
# What the project writes of rows: of a linked table the link alone.
_LINK = "customer_id"
_LASTING = {"id", "tenant_id"}


class Manner(Enum):
    """What becomes of a trigger while the project writes."""

    RESTS = "rests"
    REBUILT = "rests, and the index that it keeps is rebuilt"
    AWAKE = "stays awake"
    SPARING = "stays awake, and must delete and change nothing"


@dataclass(frozen=True, slots=True)
class Watcher:
    """A trigger that the project's writes would fire, and the event that does.

    As SQLite's authorizer tells, in lower case: `reads` are tables and columns, `writes` are events
    and tables, of an UPDATE with the column, else with an empty text.
    """

    name: str
    table: str
    event: str
    reads: frozenset[Read]
    writes: frozenset[Write]

    def manner(self, watchers: Iterable[Watcher], sound: frozenset[str]) -> Manner:
        """What becomes of it, beside all watchers; `sound` are indexes that can be rebuilt."""
        others = {write for write in self.writes if not _is_ours(write)}
        if not others or not self._reads_what_is_written():
            return Manner.RESTS
        if {table for _, table, _ in others} <= sound:
            return Manner.REBUILT
        return Manner.SPARING if self.spoils(watchers) else Manner.AWAKE

    def spoils(self, watchers: Iterable[Watcher]) -> set[tuple[str, str, str]]:
        """What it deletes or changes with a customer that goes, and no trigger made with one."""
        kept = {
            table
            for other in watchers
            if other.table == self.table and other.event == "INSERT"
            for _, table, _ in other.writes
        }
        return {
            write
            for write in self.writes
            if self.event == "DELETE"
            and write[0] != "INSERT"
            and write[1] not in kept
            and not _is_ours(write)
        }

    def _reads_what_is_written(self) -> bool:
        return self.event != "UPDATE" or any(
            column in CUSTOMER_COLUMNS and column not in _LASTING
            if table == "customers"
            else table in LINKED_TABLES and column == _LINK
            for table, column in self.reads
        )


def _is_ours(write: tuple[str, str, str]) -> bool:
    """Whether a trigger writes what a promotion writes, and has the last word on."""
    event, table, column = write
    if table == "customers":
        return event != "UPDATE" or column in CUSTOMER_COLUMNS
    return event == "UPDATE" and table in LINKED_TABLES and column == _LINK


@contextmanager
def watchers_resting(live: sqlite3.Connection, tables: Iterable[str]) -> Iterator[None]:
    """Inside a transaction: rows of these tables may be written in the block.

    All triggers are there after. Raises CoccinelleError that names an index that cannot be rebuilt,
    or a trigger that would do what it must not.
    """
    triggers = _triggers(live, tables)
    if not triggers:
        yield
        return
    with empty_copy(live) as copy:
        watchers = read_watchers(copy, {name for name, _ in triggers})
        indexes = [name.lower() for name, text in virtual_tables(copy).items() if content_of(text)]
    written = {table for watcher in watchers for _, table, _ in watcher.writes}
    sound = frozenset(name for name in indexes if name in written and is_sound(live, name))
    manners = {watcher.name: watcher.manner(watchers, sound) for watcher in watchers}
    away = [
        trigger
        for trigger in triggers
        if manners.get(trigger[0]) not in (Manner.AWAKE, Manner.SPARING)
    ]
    for name, _ in away:
        live.execute(f"DROP TRIGGER {quoted(name)}")
    sparing = [watcher for watcher in watchers if manners[watcher.name] is Manner.SPARING]
    with _spared(live, sparing, watchers):
        yield
    for index in sound:
        _rebuild(live, index)
    for _, definition in away:
        live.execute(definition)


@contextmanager
def triggers_away(live: sqlite3.Connection, tables: Iterable[str]) -> Iterator[None]:
    """Inside a transaction: these tables may be made anew in the block, with the rows they have."""
    triggers = _triggers(live, tables)
    for name, _ in triggers:
        live.execute(f"DROP TRIGGER {quoted(name)}")
    yield
    for _, definition in triggers:
        live.execute(definition)


def _triggers(live: sqlite3.Connection, tables: Iterable[str]) -> list[tuple[str, str]]:
    """Names and definitions, in the order they were made."""
    marks = ", ".join("?" * len(names := list(tables)))
    return live.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        f" AND lower(tbl_name) IN ({marks}) ORDER BY rowid",
        names,
    ).fetchall()


def read_watchers(copy: sqlite3.Connection, names: Iterable[str]) -> list[Watcher]:
    """Those of the named triggers that fire on what the project writes, and work."""
    wanted, watchers = set(names), []
    with each_trigger_alone(copy) as triggers:
        for name, table in triggers:
            if name not in wanted:
                continue
            for event, columns in _events(table.lower()):
                seen = _Seen()
                copy.set_authorizer(seen)
                try:
                    compile_event(copy, table, event, *columns)
                except sqlite3.Error:
                    # It fails whoever writes: there is nothing that it keeps.
                    continue
                finally:
                    copy.set_authorizer(None)
                if seen.fired:
                    watchers.append(
                        Watcher(
                            name,
                            table.lower(),
                            event,
                            frozenset(seen.reads),
                            frozenset(seen.writes),
                        )
                    )
    return watchers


def actions_of_triggers(
    copy: sqlite3.Connection, table: str, event: str
) -> tuple[set[Read], set[Write]]:
    """What all triggers that an event of a table fires read and write, one after the other."""
    seen = _Seen()
    copy.set_authorizer(seen)
    try:
        compile_event(copy, table, event)
    except sqlite3.Error:
        # One of them fails whoever writes; what was seen before is as good as can be.
        pass
    finally:
        copy.set_authorizer(None)
    return seen.reads, seen.writes


def _events(table: str) -> list[tuple[str, tuple[str, ...]]]:
    """The events that the project's writes to a table cause, with the columns of an UPDATE."""
    if table != "customers":
        return [("UPDATE", (_LINK,))]
    changed = tuple(name for name in CUSTOMER_COLUMNS if name not in _LASTING)
    return [("INSERT", ()), ("UPDATE", changed), ("DELETE", ())]


class _Seen:
    """What SQLite's authorizer was asked for inside of a trigger."""

    def __init__(self) -> None:
        self.fired = False
        self.reads: set[Read] = set()
        self.writes: set[Write] = set()

    def __call__(
        self, action: int, first: str | None, second: str | None, _: str | None, inside: str | None
    ) -> int:
        if inside is not None:
            self.fired = True
            table, column = (first or "").lower(), (second or "").lower()
            if action == sqlite3.SQLITE_READ:
                self.reads.add((table, column))
            elif action in _WRITES:
                self.writes.add((_WRITES[action], table, column))
        return sqlite3.SQLITE_OK


@contextmanager
def _spared(
    live: sqlite3.Connection, sparing: Sequence[Watcher], watchers: Iterable[Watcher]
) -> Iterator[None]:
    """What these triggers must not delete or change raises meanwhile."""
    guards: list[str] = []
    for watcher in sparing:
        for event, table, column in sorted(watcher.spoils(watchers)):
            guard = f"coccinelle_guard_{len(guards)}"
            of = f" OF {quoted(column)}" if column else ""
            verb = "change" if column else "delete"
            said = (
                f"trigger {watcher.name} would {verb} rows of {table} for a customer that is "
                "merged into another or taken back: move those rows, or drop the trigger, first"
            )
            live.execute(
                f"CREATE TEMP TRIGGER {guard} BEFORE {event}{of} ON main.{quoted(table)}"
                f" BEGIN SELECT RAISE(ABORT, {_text(said)}); END"
            )
            guards.append(guard)
    try:
        yield
    except sqlite3.IntegrityError as error:
        if not any(str(error).startswith(f"trigger {watcher.name} ") for watcher in sparing):
            raise
        raise CoccinelleError(f"{error}; nothing was written") from error
    for guard in guards:
        live.execute(f"DROP TRIGGER temp.{guard}")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _rebuild(live: sqlite3.Connection, index: str) -> None:
    """Bring an index up to date that was sound before, where it is not any more."""
    if is_sound(live, index):
        return
    live.execute(rebuild(index))
    if not is_sound(live, index):
        raise CoccinelleError(
            f"the index {index}, which triggers of the application keep, does not pass its own "
            "check after it was rebuilt: drop it first; nothing was written"
        )
