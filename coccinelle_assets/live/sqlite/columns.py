"""The columns of a table as SQLite tells them: which hold values, and which tell rows apart."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from coccinelle_assets.sql import quoted
from coccinelle_assets.tables import IDENTIFIERS


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """A column whose values are stored; `default` is an SQL expression."""

    name: str
    default: str
    nullable: bool


def stored_columns(
    connection: sqlite3.Connection, table: str, schema: str = "main"
) -> list[StoredColumn]:
    """The columns of a table but generated ones, in order."""
    rows = connection.execute(
        'SELECT name, dflt_value, "notnull", pk FROM pragma_table_xinfo(?, ?) WHERE hidden = 0',
        (table, schema),
    )
    return [
        StoredColumn(name, f"({default})" if default is not None else "NULL", not (notnull or pk))
        for name, default, notnull, pk in rows
    ]


def every_column(connection: sqlite3.Connection, table: str) -> list[str]:
    """The names of all columns that can be read, generated ones too, in order."""
    rows = connection.execute("SELECT name FROM pragma_table_xinfo(?) WHERE hidden <> 1", (table,))
    return [name for (name,) in rows]


def computed_columns(connection: sqlite3.Connection, table: str) -> frozenset[str]:
    """The names of generated columns, which nobody can write."""
    rows = connection.execute("SELECT name FROM pragma_table_xinfo(?) WHERE hidden > 1", (table,))
    return frozenset(name for (name,) in rows)


def primary_key(
    connection: sqlite3.Connection, table: str, schema: str = "main"
) -> tuple[str, ...]:
    """The primary key's columns, in its order; empty when there is none."""
    rows = connection.execute(
        "SELECT name FROM pragma_table_xinfo(?, ?) WHERE pk > 0 ORDER BY pk", (table, schema)
    )
    return tuple(name for (name,) in rows)


def unique_columns(connection: sqlite3.Connection, table: str, schema: str = "main") -> set[str]:
    """Columns under UNIQUE constraints or indexes, the primary key aside."""
    rows = connection.execute(
        "SELECT i.name FROM pragma_index_list(?, ?) AS l"
        " JOIN pragma_index_info(l.name, ?) AS i WHERE l.\"unique\" AND l.origin <> 'pk'",
        (table, schema, schema),
    )
    return {name for (name,) in rows if name}


def column_names(connection: sqlite3.Connection, table: str) -> list[str]:
    """The names of the columns that can be written, in order."""
    return [column.name for column in stored_columns(connection, table)]


def lower_names(connection: sqlite3.Connection, table: str) -> set[str]:
    """The same in lower case: SQLite compares names so."""
    return {name.lower() for name in column_names(connection, table)}


def has_rowid(connection: sqlite3.Connection, table: str) -> bool:
    """False for a table WITHOUT ROWID."""
    try:
        connection.execute(f"SELECT rowid FROM {quoted(table)} LIMIT 0")
    except sqlite3.OperationalError:
        return False
    return True


def leads_to_id(live: sqlite3.Connection, table: str) -> bool:
    """Whether the id is the table's own key, or the first column of an index of all rows."""
    keys = [name.lower() for name in primary_key(live, table)]
    indexes = live.execute(f"PRAGMA index_list({table})").fetchall()
    firsts = [
        live.execute(f"PRAGMA index_info({quoted(name)})").fetchone()[2]
        for _, name, _unique, _origin, partial in indexes
        if not partial
    ]
    return keys[:1] == ["id"] or any(
        first is not None and first.lower() == "id" for first in firsts
    )


def is_untyped(live: sqlite3.Connection, table: str, column: str) -> bool:
    """Whether a column holds numbers as numbers and texts as texts, and compares neither."""
    rows = live.execute("SELECT lower(name), upper(type) FROM pragma_table_xinfo(?)", (table,))
    return dict(rows.fetchall()).get(column) in ("", "BLOB")


def unique_identifiers(live: sqlite3.Connection) -> list[str]:
    """Which of e-mail and phone no two customers of a tenant may share."""
    covered = _unique_columns(live, "customers")
    return [column for column in IDENTIFIERS if frozenset(("tenant_id", column)) in covered]


def is_keyed_by_id(live: sqlite3.Connection, table: str) -> bool:
    """Whether the id is a table's primary key (one of integers has no index), or unique.

    Without, no foreign key can lead to the table.
    """
    keys = [name.lower() for name in primary_key(live, table)]
    return keys == ["id"] or frozenset(("id",)) in _unique_columns(live, table)


def is_keyed_by_tenant(live: sqlite3.Connection, table: str) -> bool:
    """Whether two tenants may use one id: the table keeps only both together apart."""
    keys = {name.lower() for name in primary_key(live, table)}
    both = frozenset(("tenant_id", "id"))
    return not is_keyed_by_id(live, table) and both in _unique_columns(live, table) | {
        frozenset(keys)
    }


def _unique_columns(live: sqlite3.Connection, table: str) -> set[frozenset[str]]:
    """The columns of each index that keeps all rows of a table apart."""
    covered = set()
    for _, name, unique, _origin, partial in live.execute(f"PRAGMA index_list({table})"):
        if unique and not partial:
            columns = live.execute(f"PRAGMA index_info({quoted(name)})")
            covered.add(frozenset(column and column.lower() for _, _, column in columns))
    return covered
