"""The snapshot's columns as tables of the warehouse: text, untouched, under canonical names."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.receipts import Receipt, read_receipts
from coccinelle_assets.live.sqlite.schema import Schema, utf8_text
from coccinelle_assets.live.tenant_scope import promoted_tenants, require_tenants
from coccinelle_assets.sql import load_sql, quoted
from coccinelle_assets.tables import (
    LINKED_TABLES,
    PROMOTED_TABLES,
    SOURCE_TABLES,
    Column,
)
from coccinelle_assets.warehouse.tables import execute_at_once

SCANNER = "duckdb_extension_sqlite_scanner"


class UnreadableTextError(CoccinelleError):
    """A value of the snapshot is not UTF-8 text; `repair_snapshot` mends the copy."""


def load_scanner(connection: DuckDBPyConnection) -> None:
    """Load DuckDB's SQLite scanner from its installed package; nothing is downloaded."""
    extension = files(SCANNER).joinpath(
        "extensions", f"v{duckdb.__version__}", "sqlite_scanner.duckdb_extension"
    )
    if not extension.is_file():
        raise CoccinelleError(
            f"duckdb is {duckdb.__version__} but duckdb-extension-sqlite-scanner is another "
            "version: install the same version of both"
        )
    # LOAD takes no parameter; a quote in the path is doubled.
    connection.execute("LOAD '" + str(extension).replace("'", "''") + "'")


def attach(connection: DuckDBPyConnection, path: Path, name: str, *, read_only: bool) -> None:
    """Attach a SQLite file, every column as text."""
    load_scanner(connection)
    connection.execute("SET GLOBAL sqlite_all_varchar = true")
    options = "TYPE sqlite, READ_ONLY" if read_only else "TYPE sqlite"
    connection.execute("ATTACH '" + str(path).replace("'", "''") + f"' AS {name} ({options})")


def load_sources(
    connection: DuckDBPyConnection, snapshot: Path, schema: Schema, tenants: Sequence[str] = ()
) -> None:
    """Write source.* out of a snapshot, and promoted.* out of what live.* remembers of it.

    With `tenants`, only rows of these; source.wave names them.
    Raises UnreadableTextError when a value is no UTF-8 text.
    """
    receipts = _read_receipts(snapshot, schema, tenants)
    connection.execute(load_sql("warehouse/sql/warehouse.sql"))
    connection.execute(
        "CREATE OR REPLACE TABLE source.wave AS SELECT unnest($tenants::VARCHAR[]) AS tenant_id",
        {"tenants": list(tenants)},
    )
    attach(connection, snapshot, "snapshot", read_only=True)
    try:
        tables = {**SOURCE_TABLES, **PROMOTED_TABLES}
        execute_at_once(
            connection,
            *(
                _source(table, columns, schema, of_wave=bool(tenants))
                for table, columns in tables.items()
            ),
        )
        _load_tenants(connection, schema)
        _load_business_identifiers(connection, schema)
    except (duckdb.ConversionException, duckdb.InvalidInputException) as error:
        if not any(word in str(error).lower() for word in ("unicode", "utf8")):
            raise
        raise UnreadableTextError(str(error)) from error
    finally:
        connection.execute("DETACH snapshot")
    write_last_promotion(connection, receipts)
    connection.execute(load_sql("warehouse/sql/promoted_views.sql"))


def _source(table: str, columns: Sequence[Column], schema: Schema, *, of_wave: bool) -> str:
    """The statement that reads one table of the attached snapshot, all of it or a wave's rows."""
    selection = schema.selection(table, columns)
    if table in LINKED_TABLES:
        place = "rowid" if table in schema.rowid_tables else "CAST(NULL AS BIGINT)"
        selection += f", {place} AS live_rowid"
    origin = _origin(table, schema) if schema.has(table) else "(SELECT 1) WHERE FALSE"
    if of_wave and schema.has(table) and Column("tenant_id") in columns:
        origin += " WHERE tenant_id IN (SELECT tenant_id FROM source.wave)"
    return f"CREATE OR REPLACE TABLE source.{quoted(table)} AS SELECT {selection} FROM {origin}"


def _origin(table: str, schema: Schema) -> str:
    """What to select a table's rows from; DuckDB's scanner sees no generated column."""
    if table not in schema.computed:
        return f"snapshot.{quoted(table)}"
    place = ", rowid AS rowid" if table in schema.rowid_tables else ""
    query = f"SELECT *{place} FROM {quoted(table)}".replace("'", "''")
    return f"sqlite_query('snapshot', '{query}')"


def _read_receipts(snapshot: Path, schema: Schema, tenants: Sequence[str]) -> list[Receipt]:
    with closing(sqlite3.connect(snapshot)) as copy:
        require_tenants(copy, schema, tenants)
        return read_receipts(copy)


def write_last_promotion(connection: DuckDBPyConnection, receipts: Sequence[Receipt]) -> None:
    """Write promoted.last and promoted.tenants: the last promotion that stands, whom it covered."""
    covered = promoted_tenants(receipts)
    standing = next((receipt.run_id for receipt in receipts if receipt.undone_at is None), None)
    connection.execute(
        "CREATE OR REPLACE TABLE promoted.last AS"
        " SELECT $run_id AS run_id, $all_tenants AS all_tenants WHERE $run_id IS NOT NULL",
        {"run_id": standing, "all_tenants": covered is None},
    )
    connection.execute(
        "CREATE OR REPLACE TABLE promoted.tenants AS"
        " SELECT unnest($covered::VARCHAR[]) AS tenant_id",
        {"covered": covered or []},
    )


def last_promotion_seen(connection: DuckDBPyConnection) -> str | None:
    """The promotion that stood when the sources were read."""
    row = connection.execute("SELECT run_id FROM promoted.last").fetchone()
    return row[0] if row else None


def _load_tenants(connection: DuckDBPyConnection, schema: Schema) -> None:
    connection.execute("DROP TABLE IF EXISTS source.tenants")
    if schema.has("tenants", "id"):
        connection.execute(
            f"CREATE TABLE source.tenants AS SELECT id FROM {_origin('tenants', schema)}"
        )


def _load_business_identifiers(connection: DuckDBPyConnection, schema: Schema) -> None:
    parts = [
        f"SELECT {utf8_text(quoted(tenant))} AS tenant_id, '{table}' AS source_table,"
        f" '{kind}' AS kind, {utf8_text(quoted(column))} AS value"
        f" FROM {_origin(table, schema)}"
        for table, tenant, kind, column in schema.business_columns()
    ]
    empty = (
        "SELECT '' AS tenant_id, '' AS source_table, '' AS kind, '' AS value FROM (SELECT 1)"
        " WHERE FALSE"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE source.business_identifiers AS "
        + " UNION ALL ".join(parts or [empty])
    )


def wave_tenants(connection: DuckDBPyConnection) -> list[str]:
    """The tenants that the warehouse's sources are limited to; all when empty."""
    rows = connection.execute("SELECT tenant_id FROM source.wave ORDER BY tenant_id").fetchall()
    return [tenant for (tenant,) in rows]
