"""What the project adds to a live database: expand, never break."""

from __future__ import annotations

import sqlite3

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.receipts import add_missing_columns
from coccinelle_assets.live.sqlite.columns import is_keyed_by_id, is_untyped, unique_identifiers
from coccinelle_assets.live.sqlite.empty_copy import stand_ins
from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.live.sqlite.transaction import run, run_script, scalar
from coccinelle_assets.sql import quoted
from coccinelle_assets.tables import CUSTOMER_COLUMNS, IDENTIFIERS, LINKED_TABLES, Column


def expand(live: sqlite3.Connection, schema: Schema) -> bool:
    """Add tables and columns that are missing, what is there stays; returns whether any was."""
    before = scalar(live, "PRAGMA schema_version")
    with stand_ins(live):
        _create_tables(live, schema)
    return scalar(live, "PRAGMA schema_version") != before


def _create_tables(live: sqlite3.Connection, schema: Schema) -> None:
    # A number in a column without a type is no text, to a foreign key.
    has_tenants = (
        schema.has("tenants", "id")
        and is_keyed_by_id(live, "tenants")
        and not is_untyped(live, "tenants", "id")
    )
    create_customers_table(live, has_tenants=has_tenants)
    create_companion_tables(live)
    add_missing_columns(live, schema)
    for column in CUSTOMER_COLUMNS:
        if schema.has("customers") and schema.deployed("customers", Column(column)) is None:
            kind = "INTEGER DEFAULT 0" if column.startswith("total_") else "TEXT"
            live.execute(f"ALTER TABLE customers ADD COLUMN {quoted(column)} {kind}")
    run(live, "live/promotion/sql/row_journal.sql")
    for table in LINKED_TABLES:
        if schema.deployed(table, Column("customer_id")) is None:
            live.execute(f"ALTER TABLE {table} ADD COLUMN customer_id TEXT")


def create_customers_table(connection: sqlite3.Connection, *, has_tenants: bool = False) -> None:
    """The migration plan's customers table, where it is missing."""
    tenant_key = ",\n    FOREIGN KEY (tenant_id) REFERENCES tenants (id)" if has_tenants else ""
    run(connection, "live/promotion/sql/customers_table.sql", tenant_key=tenant_key)


def create_companion_tables(connection: sqlite3.Connection) -> None:
    """The tables that stand beside the customers, where they are missing."""
    run_script(connection, "live/promotion/sql/companion_tables.sql")


def create_customer_indexes(connection: sqlite3.Connection) -> None:
    """The migration plan's indexes of customers, where they are missing."""
    run_script(connection, "live/promotion/sql/customers_indexes.sql")


def create_link_indexes(live: sqlite3.Connection) -> None:
    """The migration plan's indexes of the links, where they are missing."""
    run_script(live, "live/promotion/sql/link_indexes.sql")


def require_unique_indexes(live: sqlite3.Connection) -> None:
    """A customers table that was there before may lack the plan's UNIQUE constraints and its key.

    Without a key no foreign key can lead to it, as those of contracted tables do.
    """
    missing = {
        column: (f"idx_customers_tenant_{column}", f"tenant_id, {column}")
        for column in set(IDENTIFIERS).difference(unique_identifiers(live))
    }
    if not is_keyed_by_id(live, "customers"):
        missing["id"] = ("idx_customers_id", "id")
    for column, (index, columns) in missing.items():
        try:
            live.execute(f"CREATE UNIQUE INDEX {index} ON customers ({columns})")
        except sqlite3.IntegrityError as error:
            # Those of this run passed the audit: these are customers of tenants outside its wave.
            raise CoccinelleError(
                f"customers of a tenant outside this wave share one {column}: mend them, or run "
                "that tenant's wave first; nothing was written"
            ) from error
