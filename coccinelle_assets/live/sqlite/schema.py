"""The application's tables as they are deployed, found by introspection.

Deployed databases differ: a column may have another name, be absent, or be there already. Each
table is described once here; everything else asks for canonical columns.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.sqlite.columns import (
    computed_columns,
    every_column,
    has_rowid,
    is_keyed_by_tenant,
)
from coccinelle_assets.sql import quoted
from coccinelle_assets.tables import (
    BUSINESS_IDENTIFIERS,
    COMPANION_TABLES,
    PROMOTED_TABLES,
    SOURCE_TABLES,
    Column,
)

# All that is read or written: what else a database holds is none of ours, and may be beyond this
# SQLite (a virtual table whose module is not loaded).
ONLY_READ_FROM = {table for table, *_ in BUSINESS_IDENTIFIERS}
# Between tenant and id, where both tell a record.
BETWEEN_IDS, ESCAPED = "/", "%2F"
KNOWN_TABLES = {*SOURCE_TABLES, *PROMOTED_TABLES, *COMPANION_TABLES, *ONLY_READ_FROM}


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables that the project knows, of one database, with their columns as they are spelled.

    Names are in lower case: SQLite compares them so. `rowid_tables` are those whose rows can be
    told by SQLite's rowid; `keyed_by_tenant` those of records where two tenants may use one id;
    `computed` the generated columns of each table that has some; `others` what stands under a known
    table's name and is none: `a view` or `a virtual table`. A view that is only read from is as
    good as a table.
    """

    tables: Mapping[str, tuple[str, ...]]
    rowid_tables: frozenset[str] = frozenset()
    computed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    keyed_by_tenant: frozenset[str] = frozenset()

    def has(self, table: str, column: str | None = None) -> bool:
        """Whether the table, or that column of it, is there."""
        return table in self.tables and (column is None or self.spelled(table, column) is not None)

    def spelled(self, table: str, column: str) -> str | None:
        """A column's name as the database spells it, None when it is absent."""
        wanted = column.lower()
        return next((name for name in self.tables.get(table, ()) if name.lower() == wanted), None)

    def deployed(self, table: str, column: Column) -> str | None:
        """The name that a canonical column has in this database, None when it is absent."""
        present = {name.lower(): name for name in self.tables.get(table, ())}
        found = (present[name] for name in column.deployed_names if name in present)
        return next(found, None)

    def record_id(self, table: str, row: str = "") -> str:
        """SQL of what tells a record from the others of its table (live/sqlite/record_ids.py).

        `row` is the row's name in the query, with its dot.
        """
        if table not in self.keyed_by_tenant:
            return f"{row}id"
        return f"{before_id(f'{row}tenant_id')} || '{BETWEEN_IDS}' || {row}id"

    def selection(self, table: str, columns: Sequence[Column]) -> str:
        """SQL select list that gives canonical columns as text, NULL for those that are absent.

        DuckDB stops looking for invalid UTF-8 in a column once it has met any letter beyond ASCII;
        decode() looks at every value.
        """
        deployed = {column.name: self.deployed(table, column) for column in columns}
        values = {name: quoted(found) if found else "NULL" for name, found in deployed.items()}
        if table in self.keyed_by_tenant:
            values["id"] = self.record_id(table)
        return ", ".join(f"{utf8_text(value)} AS {quoted(name)}" for name, value in values.items())

    def read_columns(self) -> dict[str, list[str]]:
        """Every table that is read, with the deployed names of the columns that are, id first."""
        wanted = {
            table: [self.deployed(table, column) for column in columns]
            for table, columns in ({**SOURCE_TABLES, **PROMOTED_TABLES}).items()
        }
        for table, tenant, _kind, column in self.business_columns():
            wanted.setdefault(table, [tenant]).append(column)
        named = {table: [name for name in names if name] for table, names in wanted.items()}
        return {table: names for table, names in named.items() if names}

    def business_columns(self) -> list[tuple[str, str, str, str]]:
        """Where this database keeps the business' own details (tables.BUSINESS_IDENTIFIERS)."""
        spelled = (
            (table, self.spelled(table, tenant), kind, self.spelled(table, column))
            for table, tenant, kind, column in BUSINESS_IDENTIFIERS
        )
        return [
            (table, tenant, kind, column)
            for table, tenant, kind, column in spelled
            if tenant is not None and column is not None
        ]

    def date_column(self, table: str) -> str | None:
        """The deployed name of a linked table's single date column, None when there are two."""
        columns = {column.name: column for column in SOURCE_TABLES[table]}
        wanted = columns.get("appointment_date")
        return self.deployed(table, wanted) if wanted else None


def before_id(tenant: str) -> str:
    """SQL of a tenant as it stands before an id: the first separator is the one between them."""
    return f"replace(COALESCE({tenant}, ''), '{BETWEEN_IDS}', '{ESCAPED}')"


def utf8_text(expression: str) -> str:
    """SQL of a value as text, an error when it is not UTF-8 (DuckDB)."""
    return f"decode(encode(CAST({expression} AS VARCHAR)))"


def read_schema(connection: sqlite3.Connection) -> Schema:
    """The known tables of a database, and their columns."""
    kinds = {
        name.lower(): "a virtual table" if virtual else f"a {kind}"
        for kind, name, virtual in connection.execute(
            "SELECT type, name, sql LIKE 'CREATE VIRTUAL%' FROM sqlite_master"
            " WHERE type IN ('table', 'view')"
        )
        if name.lower() in KNOWN_TABLES
    }
    tables = {
        name: tuple(columns)
        for name, kind in kinds.items()
        if kind == "a table" or (kind == "a view" and name in ONLY_READ_FROM)
        if (columns := _columns(connection, name))
    }
    return Schema(
        tables,
        frozenset(name for name in tables if _is_found_by_rowid(connection, name, tables[name])),
        {name: found for name in tables if (found := computed_columns(connection, name))},
        {name: kind for name, kind in kinds.items() if name not in tables},
        frozenset(
            name for name in tables.keys() & SOURCE_TABLES if is_keyed_by_tenant(connection, name)
        ),
    )


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """None of a view over something that is not there."""
    try:
        return every_column(connection, table)
    except sqlite3.OperationalError:
        return []


def _is_found_by_rowid(connection: sqlite3.Connection, table: str, columns: Sequence[str]) -> bool:
    """False also where a column of that name hides the rowid."""
    return has_rowid(connection, table) and "rowid" not in {column.lower() for column in columns}


def require_sources(schema: Schema, database: str) -> None:
    """Refuse a database that lacks a source table or a column that is needed.

    Raises CoccinelleError that names every missing table and column at once.
    """
    problems = []
    for table, columns in SOURCE_TABLES.items():
        if not schema.has(table):
            what = schema.others.get(table)
            problems.append(f"{table} is {what}" if what else f"table {table} is missing")
            continue
        for column in columns:
            excused = not column.required or (column.unless and schema.has(table, column.unless))
            if not excused and schema.deployed(table, column) is None:
                problems.append(f"table {table} has no column {' or '.join(column.deployed_names)}")
    for table, columns in PROMOTED_TABLES.items():
        if table in schema.others:
            problems.append(f"{table} is {schema.others[table]}")
        if schema.has(table):
            problems.extend(
                f"table {table} has no column {column.name}"
                for column in columns
                if column.required and schema.deployed(table, column) is None
            )
    if problems:
        raise CoccinelleError(
            f"{database} is not the application's database as this project knows it: "
            f"{'; '.join(problems)}. Check COCCINELLE_DATABASE, or add what is missing; "
            "nothing was written."
        )
