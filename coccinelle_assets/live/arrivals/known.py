"""Who is known by what, asked of the live database for one record."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from coccinelle_assets.live.sqlite.record_ids import id_of_record
from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.live.sqlite.transaction import scalar
from coccinelle_assets.live.statistics.count import utc
from coccinelle_assets.sql import load_sql, quoted
from coccinelle_assets.tables import IDENTIFIERS

FOLDER = "live/arrivals/sql"


class Known(NamedTuple):
    """An identifier that is known, and whose it is; `customer_id` is '' where it ties nobody."""

    kind: str
    value: str
    customer_id: str
    usable: int
    reason: str | None


class Customer(NamedTuple):
    """A customer's id and name."""

    id: str
    first_name: str | None
    last_name: str | None


@dataclass(frozen=True, slots=True)
class Prospect:
    """A prospect's details as they were written."""

    id: str
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    source: str | None


def known_identifiers(
    live: sqlite3.Connection, tenant: str, wanted: Iterable[tuple[str, str]]
) -> list[Known]:
    """What the live database knows of (kind, value) pairs of a tenant."""
    query = load_sql(f"{FOLDER}/known_identifiers.sql")
    values = {"tenant": tenant, "wanted": json.dumps(sorted(set(wanted)))}
    return [Known(*row) for row in live.execute(query, values)]


def holders(
    live: sqlite3.Connection, tenant: str, email: str | None, phone: str | None
) -> dict[str, str]:
    """The customers whose rows show this e-mail and this phone, by kind."""
    values = {"tenant": tenant, "email": email, "phone": phone}
    return dict(live.execute(load_sql(f"{FOLDER}/holders.sql"), values).fetchall())


def by_age(live: sqlite3.Connection, ids: Iterable[str]) -> list[Customer]:
    """Customers that are there, the one first that survives a merge."""
    query = load_sql(f"{FOLDER}/customers_by_age.sql", created_at=utc("created_at"))
    return [Customer(*row) for row in live.execute(query, {"ids": json.dumps(sorted(set(ids)))})]


def find_prospect(
    live: sqlite3.Connection, schema: Schema, tenant: str, prospect_id: str
) -> Prospect | None:
    """The prospect that a record names, as models/prospect_ties.sql finds it."""
    origin = "source" if schema.has("prospects", "source") else "NULL"
    bare = re.sub(r"\.0+$", "", prospect_id.strip())
    values = {"tenant": tenant, "id": prospect_id, "bare_id": bare}
    row = live.execute(load_sql(f"{FOLDER}/prospect.sql", origin=origin), values).fetchone()
    return Prospect(str(row[0]), *row[1:]) if row else None


def business_details(
    live: sqlite3.Connection, schema: Schema, tenant: str
) -> list[tuple[str, str]]:
    """A tenant's own e-mails and phones as they were written, each with its kind."""
    queries = [
        f"SELECT '{kind}', {quoted(column)} FROM {quoted(table)}"
        f" WHERE {quoted(owner)} = :tenant AND {quoted(column)} <> ''"
        for table, owner, kind, column in schema.business_columns()
        if kind in IDENTIFIERS
    ]
    if not queries:
        return []
    rows = live.execute(" UNION ".join(queries), {"tenant": tenant})
    return [(kind, str(value)) for kind, value in rows]


def is_derived(
    live: sqlite3.Connection,
    schema: Schema,
    table: str,
    record_id: str,
    tenant: str,
    customer_id: str,
) -> bool:
    """Whether a record's link was derived by day, and no run has judged it yet."""
    query = (
        "SELECT EXISTS (SELECT 1 FROM arrival_links"
        " WHERE source_table = ? AND record_id = ? AND customer_id = ?)"
    )
    known_as = id_of_record(schema, table, tenant, record_id)
    return bool(scalar(live, query, (table, known_as, customer_id)))


def is_taken(live: sqlite3.Connection, customer_id: str) -> bool:
    """Whether an id is a customer's, or was one's that was merged."""
    query = (
        "SELECT EXISTS (SELECT 1 FROM customers WHERE id = ?)"
        " OR EXISTS (SELECT 1 FROM customer_merges WHERE merged_id = ?)"
    )
    return bool(scalar(live, query, (customer_id, customer_id)))
