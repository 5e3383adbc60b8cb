"""Where the id of a merged customer leads."""

from __future__ import annotations

import sqlite3

from coccinelle_assets.live.sqlite.schema import read_schema


def surviving_id(live: sqlite3.Connection, customer_id: str) -> str:
    """The id of the customer that `customer_id` was merged into, or the id itself."""
    if not read_schema(live).has("customer_merges"):
        return customer_id
    seen = set()
    while customer_id not in seen:
        seen.add(customer_id)
        row = live.execute(
            "SELECT customer_id FROM customer_merges WHERE merged_id = ?", (customer_id,)
        ).fetchone()
        if row is None:
            break
        customer_id = row[0]
    return customer_id
