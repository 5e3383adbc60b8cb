"""What of a database a change has to see: rows are fetched of these tables and columns, no others.

Read whole: the tables that the project writes rows of, and those that the application's triggers on
them read or write. Of others only what is asked for, and what SQLite needs to keep its rules.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.changeset.own_tables import RECEIPTS
from coccinelle_assets.live.sqlite.columns import primary_key, stored_columns
from coccinelle_assets.live.sqlite.references import references_to_customers
from coccinelle_assets.live.sqlite.schema import read_schema
from coccinelle_assets.live.sqlite.virtual_tables import content_of, virtual_tables
from coccinelle_assets.live.sqlite.watchers import (
    Manner,
    Read,
    Watcher,
    Write,
    actions_of_triggers,
    read_watchers,
)
from coccinelle_assets.sql import quoted
from coccinelle_assets.tables import CHANGED_TABLES, COMPANION_TABLES, SOURCE_TABLES

Needs = Mapping[str, frozenset[str]]
# Columns that nobody asks for must hold something all the same where such rules are.
_RULES = re.compile(r"\b(CHECK|GENERATED|STRICT|AS\s*\()", re.IGNORECASE)
_CONTENTLESS = re.compile(r"\bcontent\s*=\s*(''|\"\")")


def rows_of(empty: sqlite3.Connection, tables: Iterable[str]) -> Needs:
    """Whole tables, of those that there are."""
    names = _names(empty)
    return {
        names[table]: frozenset(_columns(empty, names[table])) for table in tables if table in names
    }


def rows_for_changes(empty: sqlite3.Connection) -> Needs:
    """What any change may have to see, by table and column as the database spells them.

    `empty` has the schema of the database, and no rows.
    Raises CoccinelleError where what a trigger keeps cannot be read.
    """
    names = _names(empty)
    wanted: dict[str, set[str]] = {}

    def want(table: str, columns: Iterable[str]) -> None:
        name = names.get(table.lower())
        if name is not None:
            lower = {column.lower() for column in columns}
            present = _columns(empty, name)
            wanted.setdefault(name, set()).update(c for c in present if c.lower() in lower)

    # An index over the rows of another table is made anew.
    indexes = {name.lower() for name, text in virtual_tables(empty).items() if content_of(text)}

    def whole(table: str) -> None:
        if table.lower() in names and table.lower() not in indexes:
            want(table, _columns(empty, names[table.lower()]))

    for table in ("customers", RECEIPTS, *COMPANION_TABLES):
        whole(table)
    schema = read_schema(empty)
    read = list(schema.read_columns().items())
    if schema.has("tenants", "id"):
        read.append(("tenants", ["id"]))
    for table, columns in read:
        for name, column in _read_by(empty, f"SELECT {_listed(columns)} FROM {quoted(table)}"):
            want(name, [column])
    for table in CHANGED_TABLES:
        for key in _foreign_keys(empty, names.get(table, table)):
            want(*key)
    if "customers" in names:
        for reference in references_to_customers(empty):
            want(reference.table, reference.child)
    for watcher in _awake(empty):
        _require_readable(empty, watcher)
        for action in (*watcher.reads, *watcher.writes, *_set_off(empty, watcher.writes)):
            *write, table, column = action
            if write and table not in (*CHANGED_TABLES, *SOURCE_TABLES):
                whole(table)
            else:
                want(table, [column])
    return {table: _with_rules(empty, table, columns) for table, columns in wanted.items()}


def _names(empty: sqlite3.Connection) -> dict[str, str]:
    rows = empty.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name.lower(): name for (name,) in rows}


def _columns(empty: sqlite3.Connection, table: str) -> list[str]:
    return [column.name for column in stored_columns(empty, table)]


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(map(quoted, columns))


def _read_by(empty: sqlite3.Connection, query: str) -> set[tuple[str, str]]:
    """The tables and columns that a query reads, through views too."""
    found: set[tuple[str, str]] = set()

    def note(action: int, first: str | None, second: str | None, *_: str | None) -> int:
        if action == sqlite3.SQLITE_READ and first and second:
            found.add((first, second))
        return sqlite3.SQLITE_OK

    empty.set_authorizer(note)
    try:
        empty.execute(query)
    finally:
        empty.set_authorizer(None)
    return found


def _foreign_keys(empty: sqlite3.Connection, table: str) -> list[tuple[str, list[str]]]:
    """The tables that a table's foreign keys lead to, with the columns that hold their keys."""
    rows = empty.execute(f"PRAGMA foreign_key_list({quoted(table)})").fetchall()
    return [
        (parent, [to] if to else list(primary_key(empty, parent)))
        for _, _, parent, _, to, *_ in rows
    ]


def _awake(empty: sqlite3.Connection) -> list[Watcher]:
    """The application's triggers that do their work while rows are written."""
    marks = ", ".join("?" * len(CHANGED_TABLES))
    triggers = empty.execute(
        f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND lower(tbl_name) IN ({marks})",
        CHANGED_TABLES,
    ).fetchall()
    watchers = read_watchers(empty, [name for (name,) in triggers])
    nothing: frozenset[str] = frozenset()
    return [w for w in watchers if w.manner(watchers, nothing) is not Manner.RESTS]


def _set_off(empty: sqlite3.Connection, writes: Iterable[Write]) -> set[Read | Write]:
    """What triggers on other tables read and write when a trigger writes to these."""
    found: set[Read | Write] = set()
    waiting = {(event, table) for event, table, _ in writes}
    asked: set[tuple[str, str]] = set()
    while waiting:
        event, table = waiting.pop()
        if table in CHANGED_TABLES or (event, table) in asked:
            continue
        asked.add((event, table))
        reads, more = actions_of_triggers(empty, table, event)
        found |= reads | more
        waiting |= {(write, other) for write, other, _ in more}
    return found


def _require_readable(empty: sqlite3.Connection, watcher: Watcher) -> None:
    """Refuse an index without rows that a trigger keeps: what is in it, nobody can tell."""
    definitions = {name.lower(): text for name, text in virtual_tables(empty).items()}
    for _, table, _ in watcher.writes:
        if _CONTENTLESS.search(definitions.get(table, "")):
            raise CoccinelleError(
                f"the virtual table {table}, which the trigger {watcher.name} keeps, holds no rows "
                "that could be read: drop the trigger, or keep the index over the rows of a table "
                "(content=), first; nothing was written"
            )


def _with_rules(empty: sqlite3.Connection, table: str, columns: set[str]) -> frozenset[str]:
    """With what SQLite needs: keys, unique columns; all of them where rules may name any."""
    (definition,) = empty.execute(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)
    ).fetchone()
    stored = _columns(empty, table)
    unique = empty.execute(
        "SELECT i.name FROM pragma_index_list(?) AS l JOIN pragma_index_info(l.name) AS i"
        ' WHERE l."unique"',
        (table,),
    ).fetchall()
    if _RULES.search(definition) or (None,) in unique:
        return frozenset(stored)
    kept = columns | {name for (name,) in unique} | set(primary_key(empty, table))
    return frozenset(name for name in stored if name in kept)
