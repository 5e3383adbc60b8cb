"""A database's schema without its rows, in memory: where a change is tried before it is made.

What this SQLite cannot make anew is left out, unless it is one of the tables that the project
changes or stands on one: a virtual table whose module is not loaded is none of its business.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.tables import CHANGED_TABLES

_UNKNOWN = re.compile(r"no such (collation sequence|function): (\S+)")


@contextmanager
def empty_copy(live: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """An empty database in memory with the schema of a live one, in autocommit mode.

    Raises CoccinelleError that names a table, index or trigger of the changed tables that this
    SQLite cannot make.
    """
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        # Tables first; views and triggers may refer to any of them.
        # Virtual ones before those, since they make their own shadow tables.
        objects = live.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_master"
            " WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            " ORDER BY type <> 'table', sql NOT LIKE 'CREATE VIRTUAL%', type <> 'index',"
            " type <> 'view', rowid"
        ).fetchall()
        borrowed: set[tuple[str, str]] = set()
        for kind, name, table, definition in objects:
            if copy.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone():
                continue
            try:
                borrowed |= _make(copy, definition)
            except sqlite3.Error as error:
                if table.lower() in CHANGED_TABLES:
                    raise CoccinelleError(
                        f"{kind} {name} of table {table} cannot be made by this SQLite ({error}): "
                        "take it off, or change it; nothing was written"
                    ) from error
        for what, name in borrowed:
            _lend(copy, what, name, take_back=True)
        yield copy


def _make(copy: sqlite3.Connection, definition: str) -> set[tuple[str, str]]:
    """Run a definition, with stand-ins for functions and collations of the application's own.

    SQLite opens a database that names them, and complains only where they are used.
    """
    lent: set[tuple[str, str]] = set()
    while True:
        try:
            copy.execute(definition)
            return lent
        except sqlite3.OperationalError as error:
            found = _UNKNOWN.match(str(error))
            if not found or (found[1], found[2]) in lent:
                raise
            _lend(copy, found[1], found[2])
            lent.add((found[1], found[2]))


def _lend(copy: sqlite3.Connection, what: str, name: str, *, take_back: bool = False) -> None:
    if what == "function":
        copy.create_function(
            name, -1, None if take_back else lambda *_: None, deterministic=not take_back
        )
    else:
        copy.create_collation(name, None if take_back else lambda a, b: (a > b) - (a < b))
