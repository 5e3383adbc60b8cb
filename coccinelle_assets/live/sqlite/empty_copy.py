"""A database's schema without its rows, in memory: where a change is tried before it is made.

What this SQLite cannot make anew is left out, unless it is one of the tables that the project
changes or stands on one: a virtual table whose module is not loaded is none of its business.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.tables import CHANGED_TABLES

# What is missing, and how it is called.
Name = tuple[str, str]
_UNKNOWN = re.compile(r"no such (collation sequence|function): (\S+)")


@contextmanager
def empty_copy(live: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """An empty database in memory with the schema of a live one, in autocommit mode.

    Raises CoccinelleError that names a table, index or trigger of the changed tables that this
    SQLite cannot make.
    """
    with closing(sqlite3.connect("file::memory:", uri=True, isolation_level=None)) as copy:
        for name in _copy_schema(live, copy):
            _take_back(copy, name)
        yield copy


def unknown_names(live: sqlite3.Connection) -> set[Name]:
    """The functions and collations that a schema names and only the application has."""
    with closing(sqlite3.connect("file::memory:", uri=True, isolation_level=None)) as copy:
        return _copy_schema(live, copy)


def require_known(live: sqlite3.Connection, table: str, refusal: str) -> None:
    """Refuse to write rows of a table that needs functions or orders of the application's own.

    Raises CoccinelleError, which begins with `refusal`, that names what needs which.
    """
    names = sorted(unknown_names(live))
    definitions = live.execute(
        "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
        " AND lower(tbl_name) = ?",
        (table,),
    ).fetchall()
    for what, called in names:
        for name, definition in definitions:
            if re.search(rf"\b{re.escape(called)}\b", definition, re.IGNORECASE):
                raise CoccinelleError(
                    f"{refusal}: {name} needs the {what} {called}, which only the application has. "
                    "Drop that first, and make it again after; nothing was written"
                )


@contextmanager
def stand_ins(live: sqlite3.Connection) -> Iterator[None]:
    """In the block, functions and collations of the application's own have stand-ins.

    SQLite alters no table while it does not know one that an index of any table names. No row may
    be written meanwhile: it would stand in its index where the application does not look for it.
    """
    names = unknown_names(live)
    for name in names:
        _lend(live, name)
    try:
        yield
    finally:
        for name in names:
            _take_back(live, name)


def _copy_schema(live: sqlite3.Connection, copy: sqlite3.Connection) -> set[Name]:
    """Make a schema's objects; returns the names that had to be lent for it."""
    # Tables first; views and triggers may refer to any of them.
    # Virtual ones before those, since they make their own shadow tables.
    objects = live.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master"
        " WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        " ORDER BY type <> 'table', sql NOT LIKE 'CREATE VIRTUAL%', type <> 'index',"
        " type <> 'view', rowid"
    ).fetchall()
    lent: set[Name] = set()
    for kind, name, table, definition in objects:
        if copy.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone():
            continue
        try:
            lent |= _make(copy, definition)
        except sqlite3.Error as error:
            if table.lower() in CHANGED_TABLES:
                raise CoccinelleError(
                    f"{kind} {name} of table {table} cannot be made by this SQLite ({error}): "
                    "take it off, or change it; nothing was written"
                ) from error
    return lent


def _make(copy: sqlite3.Connection, definition: str) -> set[Name]:
    """Run a definition, with stand-ins for functions and collations of the application's own.

    SQLite opens a database that names them, and complains only where they are used.
    """
    lent: set[Name] = set()
    while True:
        try:
            copy.execute(definition)
            return lent
        except sqlite3.OperationalError as error:
            found = _UNKNOWN.match(str(error))
            if not found or (found[1], found[2]) in lent:
                raise
            lent.add((found[1], found[2]))
            _lend(copy, (found[1], found[2]))


def _lend(connection: sqlite3.Connection, name: Name) -> None:
    what, called = name
    # SQLite replaces none that it has while it is reading an index for full text.
    with suppress(sqlite3.OperationalError):
        if what == "function":
            connection.create_function(called, -1, _unknown, deterministic=True)
        else:
            connection.create_collation(called, _by_code_point)


def _take_back(connection: sqlite3.Connection, name: Name) -> None:
    """Rows that need it are refused from now on, as they were before.

    A function refuses them in any case. A collation stays where SQLite is reading an index for full
    text: no row is written to an index in that order all the same, require_known has seen to it.
    """
    what, called = name
    if what != "function":
        with suppress(sqlite3.OperationalError):
            connection.create_collation(called, None)


def _unknown(*_: object) -> None:
    raise NotImplementedError("a function of the application's own")


def _by_code_point(one: str, other: str) -> int:
    return (one > other) - (one < other)
