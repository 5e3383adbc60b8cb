"""Receipts: one row of the live database for each promotion that wrote something.

The newest one that was not undone says which run's derivations the live rows hold.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from coccinelle_assets.live.sqlite.columns import column_names
from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.live.sqlite.transaction import scalar

# Columns that receipts of older versions lack.
ADDED_COLUMNS = {"tenants": "TEXT", "schema_before": "TEXT", "undone_at": "DATETIME"}


@dataclass(frozen=True, slots=True)
class Receipt:
    """One promotion: when (UTC), of which tenants (None: all), rows written, fingerprints."""

    run_id: str
    promoted_at: str
    tenants: list[str] | None
    counts: dict[str, Any]
    checksums: dict[str, str]
    undone_at: str | None

    def as_dict(self) -> dict[str, Any]:
        """The receipt as JSON takes it."""
        return asdict(self)


def last_promotion(live: sqlite3.Connection) -> str | None:
    """The run id of the newest receipt that stands, None before a first promotion."""
    columns = _columns(live)
    if not columns:
        return None
    receipt = live.execute(last_standing("run_id", columns)).fetchone()
    return receipt[0] if receipt else None


def last_standing(wanted: str, columns: Sequence[str]) -> str:
    """The question of a column of the newest receipt that stands; `columns` are all there are."""
    standing = " WHERE undone_at IS NULL" if "undone_at" in columns else ""
    # Seconds are too coarse to order receipts; rows are numbered as they come.
    return f"SELECT {wanted} FROM customer_promotions{standing} ORDER BY rowid DESC LIMIT 1"


def first_promotion(live: sqlite3.Connection) -> str | None:
    """The run id of the oldest receipt, undone or not: it tells one database from another."""
    if "run_id" not in _columns(live):
        return None
    query = "SELECT run_id FROM customer_promotions ORDER BY rowid LIMIT 1"
    receipt = live.execute(query).fetchone()
    return str(receipt[0]) if receipt else None


def read_receipts(live: sqlite3.Connection) -> list[Receipt]:
    """Every receipt, newest first."""
    columns = _columns(live)
    if not columns:
        return []
    added = ", ".join(name if name in columns else f"NULL AS {name}" for name in ADDED_COLUMNS)
    rows = live.execute(
        f"SELECT run_id, promoted_at, counts, checksums, {added} FROM customer_promotions"
        " ORDER BY rowid DESC"
    )
    return [
        Receipt(
            run_id,
            promoted_at,
            json.loads(tenants) if tenants else None,
            json.loads(counts),
            json.loads(checksums),
            undone_at,
        )
        for run_id, promoted_at, counts, checksums, tenants, _schema, undone_at in rows
    ]


def _columns(live: sqlite3.Connection) -> list[str]:
    """Those of the receipts, none before a first promotion."""
    return column_names(live, "customer_promotions")


def add_missing_columns(live: sqlite3.Connection, schema: Schema) -> None:
    """Bring a receipts table that an older version made up to date."""
    for column, kind in ADDED_COLUMNS.items():
        if schema.has("customer_promotions") and not schema.has("customer_promotions", column):
            live.execute(f"ALTER TABLE customer_promotions ADD COLUMN {column} {kind}")


def write_receipt(
    live: sqlite3.Connection,
    run_id: str,
    counts: dict[str, Any],
    tenants: Sequence[str],
    schema_before: str | None,
    checksums: str,
) -> None:
    """Write the receipt of a promotion; `checksums` are its plan's.

    `schema_before` is given by the first promotion alone: what a rollback goes back to.
    """
    live.execute(
        "INSERT INTO customer_promotions (run_id, counts, checksums, tenants, schema_before)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (run_id) DO UPDATE SET counts = excluded.counts,"
        " promoted_at = CURRENT_TIMESTAMP",
        (
            run_id,
            json.dumps(counts),
            checksums,
            json.dumps(tenants) if tenants else None,
            schema_before,
        ),
    )


def schema_before(live: sqlite3.Connection) -> str | None:
    """The JSON of the schema before the first promotion, None when no receipt has it."""
    return scalar(
        live,
        "SELECT (SELECT schema_before FROM customer_promotions WHERE schema_before IS NOT NULL"
        " ORDER BY rowid LIMIT 1)",
    )
