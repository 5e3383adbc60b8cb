"""What is written of one record: a customer, its identifiers, that it was derived, its count."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping

from coccinelle_assets.live.arrivals.known import FOLDER
from coccinelle_assets.live.sqlite.record_ids import id_of_record
from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.live.statistics.triggers import TRIGGERS, installed_triggers, recount_query
from coccinelle_assets.sql import load_sql


def create_customer(
    live: sqlite3.Connection, values: Mapping[str, str | None], *, derived: bool
) -> None:
    """Insert a customer; `values` by column. `derived`: of a record, and a run may change it."""
    live.execute(load_sql(f"{FOLDER}/customer_created.sql"), values)
    if derived:
        live.execute(load_sql(f"{FOLDER}/customer_derived.sql"), values)


def add_identifiers(
    live: sqlite3.Connection,
    tenant: str,
    customer_id: str,
    identifiers: Iterable[tuple[str, str]],
) -> None:
    """Have a customer be found by identifiers: kind and value."""
    wanted = list(identifiers)
    if not wanted:
        return
    values = {"tenant": tenant, "customer_id": customer_id, "identifiers": json.dumps(wanted)}
    live.execute(load_sql(f"{FOLDER}/identifiers_of_nobody.sql"), values)
    live.execute(load_sql(f"{FOLDER}/identifiers_added.sql"), values)


def remove_identifiers(live: sqlite3.Connection, customer_id: str) -> None:
    """Have a customer be found by nothing any more."""
    query = load_sql(f"{FOLDER}/identifiers_removed.sql")
    live.execute(query, {"customer_id": customer_id})


def note_link(
    live: sqlite3.Connection,
    schema: Schema,
    table: str,
    record_id: str,
    tenant: str,
    customer_id: str | None,
) -> None:
    """Note that a record's link was derived, or with None that it was not."""
    known_as = id_of_record(schema, table, tenant, record_id)
    values = {"source_table": table, "record_id": known_as}
    if customer_id is None:
        live.execute(load_sql(f"{FOLDER}/link_forgotten.sql"), values)
        return
    values |= {"tenant_id": tenant, "customer_id": customer_id}
    live.execute(load_sql(f"{FOLDER}/link_derived.sql"), values)


def recount(live: sqlite3.Connection, schema: Schema, customers: Iterable[str | None]) -> None:
    """Count the links of some customers, unless the triggers did."""
    if len(installed_triggers(live)) == len(TRIGGERS):
        return
    query = load_sql(f"{FOLDER}/recount.sql", recount=recount_query(schema))
    for customer_id in {customer for customer in customers if customer}:
        live.execute(query, {"customer_id": customer_id})


def write_link(
    live: sqlite3.Connection, table: str, record_id: str, tenant: str, customer_id: str | None
) -> None:
    """Link a record to a customer, or to none."""
    values = {"tenant": tenant, "id": record_id, "customer_id": customer_id}
    live.execute(load_sql(f"{FOLDER}/link.sql", table=table), values)
