"""A warehouse in memory with rows of the application's tables, and the steps that resolve them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

from coccinelle_assets.resolution.contacts import (
    SPELLINGS,
    build_contacts,
    build_phone_digits,
    define_mailbox,
)
from coccinelle_assets.resolution.customers import build_customers
from coccinelle_assets.resolution.identity import build_clusters, build_identifiers
from coccinelle_assets.resolution.linkage import build_links
from coccinelle_assets.resolution.model import model
from coccinelle_assets.settings import IdentityRules
from coccinelle_assets.sql import load_sql
from coccinelle_assets.tables import PROMOTED_TABLES, SOURCE_TABLES
from coccinelle_assets.warehouse.load_sources import write_last_promotion
from coccinelle_assets.warehouse.tables import write_texts

Row = Mapping[str, str | None]
COLUMNS = {
    **{table: [column.name for column in columns] for table, columns in SOURCE_TABLES.items()},
    **{table: [column.name for column in columns] for table, columns in PROMOTED_TABLES.items()},
    "tenants": ["id"],
    "business_identifiers": ["tenant_id", "source_table", "kind", "value"],
}
LINKS = {"appointments": "appointment_links", "omni_conversations": "conversation_links"}


def warehouse(**tables: Iterable[Row]) -> DuckDBPyConnection:
    """A warehouse whose source.* tables hold the given rows; absent columns are NULL."""
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(load_sql("warehouse/sql/warehouse.sql"))
    for table, columns in COLUMNS.items():
        load(connection, table, columns, tables.get(table, ()))
    write_last_promotion(connection, [])
    connection.execute(load_sql("warehouse/sql/promoted_views.sql"))
    return connection


def load(
    connection: DuckDBPyConnection, table: str, columns: Sequence[str], rows: Iterable[Row]
) -> None:
    """Write source.<table>, every column as text."""
    if table == "prospects":
        rows = [{"prospect_id": row.get("id"), **row} for row in rows]
    values = [tuple(row.get(column) for column in columns) for row in rows]
    unknown = {column for row in rows for column in row} - set(columns)
    assert not unknown, f"{table} has no column {unknown}"
    write_texts(connection, "loaded", columns, values)
    connection.execute(f"CREATE OR REPLACE TABLE source.{table} AS SELECT * FROM loaded")


def resolve(connection: DuckDBPyConnection, **rules: Any) -> DuckDBPyConnection:
    """Run every step from the source rows to the links; gives the connection back."""
    settings = IdentityRules(**rules)
    build_contacts(connection, settings)
    build_identifiers(connection, settings)
    build_clusters(connection, settings)
    build_customers(connection)
    build_links(connection)
    return connection


def rows(
    connection: DuckDBPyConnection, query: str, values: Mapping[str, object] | None = None
) -> list[dict[str, Any]]:
    """The rows of a query, each by column name."""
    cursor = connection.execute(query, dict(values or {}))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def customers(connection: DuckDBPyConnection) -> list[dict[str, Any]]:
    """The customers by id."""
    return rows(connection, "SELECT * FROM ssot.customers ORDER BY id")


def customer(connection: DuckDBPyConnection) -> dict[str, Any]:
    """The one customer that there is."""
    (only,) = customers(connection)
    return only


def customer_ids(connection: DuckDBPyConnection) -> dict[tuple[str, str], str]:
    """Customer id of every record that is in a cluster, by (table, record id)."""
    query = (
        "SELECT k.source_table, k.source_id, w.customer_id"
        " FROM identity.clusters AS k JOIN ssot.crosswalk AS w ON w.cluster_no = k.cluster_no"
    )
    return {(table, record): found for table, record, found in connection.execute(query).fetchall()}


def links(connection: DuckDBPyConnection) -> dict[tuple[str, str], tuple[str, str]]:
    """(customer id, matched_on) of every linked appointment and conversation."""
    return {
        (table, record): (customer_id, matched_on)
        for table, name in LINKS.items()
        for record, customer_id, matched_on in connection.execute(
            f"SELECT id, customer_id, matched_on FROM ssot.{name}"
        ).fetchall()
    }


def unlinked(connection: DuckDBPyConnection) -> dict[tuple[str, str], str]:
    """Reason of every record without a customer."""
    query = "SELECT source_table, source_id, reason FROM ssot.unlinked_records"
    return {
        (table, record): reason for table, record, reason in connection.execute(query).fetchall()
    }


def reasons(connection: DuckDBPyConnection) -> dict[tuple[str, str, str], str | None]:
    """Why an identifier ties nobody (None: it does), by (tenant, kind, value)."""
    query = "SELECT tenant_id, kind, value, reason FROM identity.identifiers"
    return {(row[0], row[1], row[2]): row[3] for row in connection.execute(query).fetchall()}


def settled_in_sql(
    connection: DuckDBPyConnection, name: str, spellings: Iterable[Row], default_region: str = "FR"
) -> list[dict[str, Any]]:
    """What the model <name> settled without Python, out of records with these raw details."""
    details = {"email_spelling": "raw_email", "phone_spelling": "raw_phone"}
    columns = ["raw_first_name", "raw_last_name", *details.values(), *details]
    values = [tuple(row.get(details.get(name, name)) for name in columns) for row in spellings]
    define_mailbox(connection, IdentityRules())
    write_texts(connection, "records", columns, values)
    if name == "phone_spellings":
        build_phone_digits(connection, default_region)
    return [row for row in rows(connection, model(name), SPELLINGS[name][2]) if row["settled"]]


def texts(connection: DuckDBPyConnection, query: str, values: Sequence[str]) -> list[str | None]:
    """The query's single column for each text, bound as the column `value` of `texts`."""
    shape = json.dumps([{"place": "INTEGER", "value": "VARCHAR"}])
    given = json.dumps([{"place": place, "value": value} for place, value in enumerate(values)])
    return [
        result
        for (result,) in connection.execute(
            f"SELECT {query} FROM (SELECT unnest(from_json($given, $shape), recursive := true))"
            " ORDER BY place",
            {"given": given, "shape": shape},
        ).fetchall()
    ]
