"""Which columns a planned change of a row relies on: an edit of another one holds nothing up."""

from __future__ import annotations

from collections.abc import Sequence

from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.tables import CUSTOMER_COLUMNS, LINKED_TABLES, SOURCE_TABLES

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
