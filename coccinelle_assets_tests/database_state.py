"""The state of a database, to be compared: its schema objects and every value of every row."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coccinelle_assets.sql import quoted

# Type, name, table and SQL text of a schema object.
SchemaObject = tuple[str, str, str, str | None]
# Each value as SQLite writes it, so that types count too.
Row = tuple[bytes, ...]
# Columns and rows by table, in the rows' order.
Values = dict[str, tuple[tuple[str, ...], list[tuple[Any, ...]]]]


@dataclass(frozen=True)
class DatabaseState:
    """Equal when nobody can tell two databases apart, but for where things lie in the file."""

    objects: frozenset[SchemaObject]
    rows: dict[str, list[Row]]

    @property
    def definitions(self) -> dict[str, str | None]:
        """The SQL text of each object by its name."""
        return {name: text for _, name, _, text in self.objects}


def database_state(
    path: Path, *, ignore: tuple[str, ...] = (), aside: tuple[str, ...] = ()
) -> DatabaseState:
    """The state of a SQLite file, without the columns in `ignore`.

    Objects whose names begin with one of `aside` are left out.
    """
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT type, name, tbl_name, sql FROM sqlite_master"
        objects = frozenset(
            row for row in connection.execute(query) if not row[1].startswith(aside)
        )
        connection.text_factory = bytes
        rows = {
            name: sorted(connection.execute(_quoted_rows(connection, name, ignore)).fetchall())
            for kind, name, *_ in objects
            if kind == "table"
        }
    return DatabaseState(objects, rows)


def application_state(path: Path) -> DatabaseState:
    """The same without what SQLite keeps for itself and what scripts keep that run on it."""
    return database_state(path, aside=("sqlite_", "coccinelle_"))


def _quoted_rows(connection: sqlite3.Connection, table: str, ignore: tuple[str, ...]) -> str:
    info = connection.execute(f"PRAGMA table_xinfo({quoted(table)})").fetchall()
    names = [row[1].decode() for row in info]
    values = ", ".join(f"quote({quoted(name)})" for name in names if name not in ignore)
    return f"SELECT {values} FROM {quoted(table)}"


def values_of(path: Path, like: Values | None = None, ignore: tuple[str, ...] = ()) -> Values:
    """Columns and rows of every table, text as bytes; with `like`, of its tables and columns."""
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        if like is None:
            columns = {table: _columns(connection, table, ignore) for table in _tables(connection)}
        else:
            columns = {table: names for table, (names, _) in like.items()}
        return {
            table: (
                names,
                connection.execute(
                    f"SELECT {', '.join(names)} FROM {table} ORDER BY {_order(connection, table)}"
                ).fetchall(),
            )
            for table, names in columns.items()
        }


def _order(connection: sqlite3.Connection, table: str) -> str:
    """The order in which rows were written, of a table that has no rowid that of its key."""
    try:
        connection.execute(f"SELECT rowid FROM {table} LIMIT 0")
    except sqlite3.OperationalError:
        return "1, 2, 3, 4"
    return "rowid"


def assert_kept(path: Path, before: Values) -> None:
    """Every value that was there still is; only the customers table may have more rows."""
    after = values_of(path, before)
    for table, (columns, rows) in before.items():
        now = after[table][1]
        assert now[: len(rows)] == rows, table
        assert table == "customers" or len(now) == len(rows), table
        assert after[table][0] == columns


def _tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [name.decode() for (name,) in rows]


def _columns(
    connection: sqlite3.Connection, table: str, ignore: tuple[str, ...]
) -> tuple[str, ...]:
    rows = connection.execute(f"PRAGMA table_info({table})").fetchall()
    return tuple(row[1].decode() for row in rows if row[1].decode() not in ignore)
