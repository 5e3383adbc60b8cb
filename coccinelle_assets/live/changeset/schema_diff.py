"""How one database's schema becomes another's: the objects of both, and each table's way."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from coccinelle_assets.live.changeset.own_tables import is_own
from coccinelle_assets.live.sqlite.schema import KNOWN_TABLES
from coccinelle_assets.live.sqlite.virtual_tables import shadow_tables


@dataclass(frozen=True, slots=True)
class SchemaObject:
    """A row of sqlite_master that has SQL text."""

    kind: str
    name: str
    table: str
    sql: str


def schema_objects(connection: sqlite3.Connection, schema: str) -> dict[str, SchemaObject]:
    """Every object of an attached database by its name, in the order they were made.

    Known tables have the names that the project knows them by, in whatever letters they stand.
    What virtual tables and scripts keep for themselves is not among them.
    """
    shadows = shadow_tables(connection, schema)
    rows = connection.execute(
        f"SELECT type, name, tbl_name, sql FROM {schema}.sqlite_master"
        " WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid"
    )
    return {
        name: SchemaObject(kind, name, _known(table), sql)
        for kind, given, table, sql in rows
        if not is_own(table) and table not in shadows
        for name in [_known(given) if kind == "table" else given]
    }


def _known(table: str) -> str:
    return table.lower() if table.lower() in KNOWN_TABLES else table


def parents(connection: sqlite3.Connection, schema: str, table: str) -> set[str]:
    """Tables that a table refers to by a foreign key, itself aside, in lower case."""
    rows = connection.execute('SELECT "table" FROM pragma_foreign_key_list(?, ?)', (table, schema))
    return {name.lower() for (name,) in rows} - {table.lower()}


def parents_first(connection: sqlite3.Connection, schema: str, tables: list[str]) -> list[str]:
    """Tables in an order in which rows may be inserted; circles keep the given order."""
    waiting = {table: parents(connection, schema, table) for table in tables}
    ordered: list[str] = []
    while waiting:
        names = {table.lower() for table in waiting}
        ready = [table for table, needs in waiting.items() if not needs & (names - {table.lower()})]
        for table in ready or list(waiting)[:1]:
            ordered.append(table)
            del waiting[table]
    return ordered
