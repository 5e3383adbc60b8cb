"""New customers none of whose records is there as it was seen: a file takes them off again.

Whoever they were, the application has erased or changed it since the copy was taken. Their linked
records are staged; their prospects travel as literals, which costs no row where all is well.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from pathlib import Path

from coccinelle_assets.live.changeset.literals import text
from coccinelle_assets.live.changeset.policy import as_seen
from coccinelle_assets.live.sqlite.record_ids import is_record
from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.sql import load_sql, statements

# As a literal: JSON and SQL may each double a character, and D1 takes 100,000 bytes a statement.
CHUNK_BYTES = 20_000
NO_LINK = "SELECT NULL AS customer_id, NULL AS reason WHERE FALSE"


def take_off_gone_customers(
    live: sqlite3.Connection, plan: Path, schema: Schema, created: str | None, linked: list[str]
) -> Iterator[str]:
    """The statements that do it, between the rows created and their links.

    `live` has the tables as they were, `plan` the prospects of new customers as they were seen.
    `created` is the staging table of the new customers, None where the file makes the whole table;
    `linked` are those of the links.
    """
    links = " UNION ALL ".join(
        f"SELECT new_customer_id AS customer_id, reason FROM {stage}" for stage in linked
    )
    fragments = {
        "links": links or NO_LINK,
        "created": f"SELECT key_id FROM {created}" if created else "SELECT id FROM customers",
    }
    yield load_sql("live/changeset/sql/customers_without_links.sql", **fragments)
    for prospects in _chunks(plan):
        sql = load_sql(
            "live/changeset/sql/customers_without_prospects.sql",
            seen=load_sql("live/changeset/sql/seen_prospects.sql", prospects=text(prospects)),
            same_record=is_record(live, schema, "prospects", "l.id"),
            as_seen=as_seen(schema, "prospects"),
            **fragments,
        )
        yield from statements(sql)
    yield load_sql("live/changeset/sql/gone_customers.sql")


def _chunks(plan: Path) -> Iterator[str]:
    """JSON arrays of prospects, those of a customer together."""
    with closing(sqlite3.connect(plan)) as connection:
        rows = connection.execute(
            "SELECT customer_id, id, seen_tenant_id, seen_email, seen_phone FROM new_prospects"
            " ORDER BY customer_id"
        )
        chunk: list[str] = []
        size = 0
        for _, prospects in groupby(rows, key=lambda row: row[0]):
            group = [json.dumps(row, ensure_ascii=False) for row in prospects]
            length = sum(len(row.encode()) + 1 for row in group)
            if chunk and size + length > CHUNK_BYTES:
                yield f"[{','.join(chunk)}]"
                chunk, size = [], 0
            chunk += group
            size += length
        if chunk:
            yield f"[{','.join(chunk)}]"
