"""Which columns a planned change of a row relies on: an edit of another one holds nothing up."""

from __future__ import annotations

from collections.abc import Sequence

from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.live.sqlite.unchanged import unchanged
from coccinelle_assets.sql import quoted
from coccinelle_assets.tables import (
    CUSTOMER_COLUMNS,
    IDENTIFIERS,
    LINKED_TABLES,
    SOURCE_TABLES,
    Column,
)

# What stands for bytes that are no UTF-8 in what was seen (live/sqlite/snapshot.py).
UNREADABLE = "char(65533)"

# Triggers and the recount keep these: they may change at any time and hold nothing up.
KEPT_BY_COUNTING = (
    "total_appointments",
    "total_conversations",
    "last_contact_at",
    "created_at",
    "updated_at",
)
# By which of its columns a row is known: a change of one of them since the copy was taken is an
# edit that a planned change must not pass over.
DETAILS = ("tenant_id", "prospect_id", "customer_id", "customer_email", "customer_phone")


def as_seen(schema: Schema, table: str) -> str:
    """The SQL condition that a record `t` has the tenant, e-mail and phone seen in `l`.

    A detail that could not be read as text cannot be compared and is passed over.
    """
    pairs = [("t.tenant_id", "l.seen_tenant_id")]
    prefix = "customer_" if table in LINKED_TABLES else ""
    for detail in IDENTIFIERS:
        name = schema.deployed(table, Column(prefix + detail))
        if name:
            pairs.append((f"t.{quoted(name)}", f"l.seen_{detail}"))
    return " AND ".join(
        f"({unchanged([pair], as_text=True)} OR instr({pair[1]}, {UNREADABLE}) > 0)"
        for pair in pairs
    )


def watched(table: str, columns: Sequence[str], changed: Sequence[str]) -> tuple[str, ...]:
    """The columns whose values a planned change of a row relies on, in the table's order."""
    if table == "customers":
        known: set[str] = set(CUSTOMER_COLUMNS)
    elif table in LINKED_TABLES:
        schema = Schema({table: tuple(columns)})
        deployed = (
            schema.deployed(table, column)
            for column in SOURCE_TABLES[table]
            if column.name in DETAILS
        )
        known = {name for name in deployed if name}
    else:
        return tuple(name for name in columns if name in changed)
    wanted = (known | set(changed)) - set(KEPT_BY_COUNTING if table == "customers" else ())
    return tuple(name for name in columns if name in wanted)
