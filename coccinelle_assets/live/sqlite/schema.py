"""The application's tables as they are deployed, found by introspection.

Deployed databases differ: a column may have another name, be absent, or be there already. Each
table is described once here; everything else asks for canonical columns.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlite_utils

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.sqlite.columns import has_rowid
from coccinelle_assets.sql import quoted
from coccinelle_assets.tables import BUSINESS_IDENTIFIERS, PROMOTED_TABLES, SOURCE_TABLES, Column


@dataclass(frozen=True, slots=True)
class Schema:
    """Tables of one database with their column names, in the database's own spelling.

    `rowid_tables` are those whose rows can be told by SQLite's rowid.
    """

    tables: Mapping[str, tuple[str, ...]]
    rowid_tables: frozenset[str] = frozenset()

    def has(self, table: str, column: str | None = None) -> bool:
        """Whether the table, or that column of it, is there."""
        return table in self.tables and (column is None or column in self.tables[table])

    def deployed(self, table: str, column: Column) -> str | None:
        """The name that a canonical column has in this database, None when it is absent."""
        present = {name.lower(): name for name in self.tables.get(table, ())}
        found = (present[name] for name in column.deployed_names if name in present)
        return next(found, None)

    def selection(self, table: str, columns: Sequence[Column]) -> str:
        """SQL select list that gives canonical columns as text, NULL for those that are absent.

        DuckDB stops looking for invalid UTF-8 in a column once it has met any letter beyond ASCII;
        decode() looks at every value.
        """
        deployed = ((column.name, self.deployed(table, column)) for column in columns)
        return ", ".join(
            f"{utf8_text(quoted(name) if name else 'NULL')} AS {quoted(canonical)}"
            for canonical, name in deployed
        )

    def read_columns(self) -> dict[str, list[str]]:
        """Every table that is read, with the deployed names of the columns that are, id first."""
        wanted = {
            table: [self.deployed(table, column) for column in columns]
            for table, columns in ({**SOURCE_TABLES, **PROMOTED_TABLES}).items()
        }
        for table, tenant, _kind, column in BUSINESS_IDENTIFIERS:
            if self.has(table, tenant) and self.has(table, column):
                wanted.setdefault(table, [tenant]).append(column)
        named = {table: [name for name in names if name] for table, names in wanted.items()}
        return {table: names for table, names in named.items() if names}

    def date_column(self, table: str) -> str | None:
        """The deployed name of a linked table's single date column, None when there are two."""
        columns = {column.name: column for column in SOURCE_TABLES[table]}
        wanted = columns.get("appointment_date")
        return self.deployed(table, wanted) if wanted else None


def utf8_text(expression: str) -> str:
    """SQL of a value as text, an error when it is not UTF-8 (DuckDB)."""
    return f"decode(encode(CAST({expression} AS VARCHAR)))"


def read_schema(connection: sqlite3.Connection) -> Schema:
    """The tables and columns of a database."""
    database = sqlite_utils.Database(connection)
    tables = {
        name: tuple(column.name for column in database[name].columns)
        for name in database.table_names()
    }
    return Schema(
        tables,
        frozenset(name for name in tables if _is_found_by_rowid(connection, name, tables[name])),
    )


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
            problems.append(f"table {table} is missing")
            continue
        for column in columns:
            excused = not column.required or (column.unless and schema.has(table, column.unless))
            if not excused and schema.deployed(table, column) is None:
                problems.append(f"table {table} has no column {' or '.join(column.deployed_names)}")
    for table, columns in PROMOTED_TABLES.items():
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
