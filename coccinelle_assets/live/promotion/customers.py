"""Writing customers: merged, changed and created, where the live rows still are what was seen."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.changeset.policy import as_seen
from coccinelle_assets.live.deferred import Deferred
from coccinelle_assets.live.sqlite.record_ids import is_record
from coccinelle_assets.live.sqlite.references import references_to_customers
from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.live.sqlite.transaction import ids_indexed, run, run_script, scalar
from coccinelle_assets.live.sqlite.unchanged import unchanged
from coccinelle_assets.live.waiting_customers import write_waiting_customers
from coccinelle_assets.sql import load_sql
from coccinelle_assets.tables import CHANGED_COLUMNS, IDENTIFIERS, SOURCE_TABLES


@dataclass(frozen=True, slots=True)
class CustomersWritten:
    """How many customers were written, how many rows that took, and what was left."""

    new: int
    changed: int
    merged: int
    rows: int
    deferred: list[Deferred]


def find_stale_customers(live: sqlite3.Connection) -> None:
    """Write temp.stale_customers: planned changes that must wait, and whoever waits for those.

    What need not wait of the merges is in temp.moved_customers.
    """
    run(
        live,
        "live/promotion/sql/stale_customers.sql",
        changing_unchanged=_unchanged(CHANGED_COLUMNS),
        merged_unchanged=_unchanged(IDENTIFIERS),
    )
    claims = {
        column: f"SELECT id, tenant_id, {column} FROM plan.customer_changes"
        f" WHERE {column} IS NOT seen_{column}"
        for column in IDENTIFIERS
    }
    write_waiting_customers(live, claims)
    run_script(live, "live/promotion/sql/late_customers.sql")
    run_script(live, "live/promotion/sql/moved_customers.sql")


def _unchanged(columns: Sequence[str]) -> str:
    """Whether a live customer `c` is what a planned change `n` has seen."""
    return unchanged([(f"c.{name}", f"n.seen_{name}") for name in columns], as_text=True)


def find_gone_customers(live: sqlite3.Connection, schema: Schema, *, as_planned: bool) -> None:
    """Write temp.gone_customers: new ones none of whose records is there as it was seen.

    `as_planned`: nobody wrote since, so all of them are there.
    """
    if as_planned:
        live.execute("CREATE TEMP TABLE gone_customers (id TEXT)")
        return
    conditions = {table: as_seen(schema, table) for table in SOURCE_TABLES}
    with ids_indexed(live, ("prospects",)):
        run(
            live,
            "live/promotion/sql/gone_customers.sql",
            appointments=conditions["appointments"],
            conversations=conditions["omni_conversations"],
            prospects=conditions["prospects"],
            same_appointment=is_record(live, schema, "appointments", "l.id"),
            same_conversation=is_record(live, schema, "omni_conversations", "l.id"),
            same_prospect=is_record(live, schema, "prospects", "l.id"),
        )


def drop_gone_customers(live: sqlite3.Connection) -> None:
    """Take out of the table those that were prepared and are in temp.gone_customers."""
    live.execute("DELETE FROM main.customers WHERE id IN (SELECT id FROM gone_customers)")


def write_customers(live: sqlite3.Connection, *, new_ones_later: bool) -> CustomersWritten:
    """Merge, change and create the customers of the attached plan.

    `new_ones_later` counts new customers as written, which all of them will be but those that are
    in temp.gone_customers.
    """
    with _rules_named():
        *moved, merged, _released, changed = run_script(live, "live/promotion/sql/customers.sql")
    if new_ones_later:
        gone = scalar(live, "SELECT count(*) FROM gone_customers")
        new = scalar(live, "SELECT count(*) FROM plan.new_customers") - gone
        created = new + gone
    else:
        kept = "id NOT IN (SELECT id FROM gone_customers)"
        with _rules_named():
            new = created = run(live, "live/promotion/sql/new_customers.sql", kept=kept).rowcount
    if merged:
        _require_no_orphans(live)
    live.execute(load_sql("live/promotion/sql/unavailable_customers.sql"), {"created": created})
    unpublished = (
        "SELECT id FROM unavailable_customers WHERE id IN (SELECT id FROM plan.new_customers)"
        " AND id NOT IN (SELECT id FROM gone_customers)"
    )
    deferred = [
        Deferred("customers", record_id, reason)
        for reason, query in (
            ("changed", "SELECT id FROM stale_customers"),
            ("identifier_taken", unpublished),
            ("records_gone", "SELECT id FROM gone_customers"),
        )
        for (record_id,) in live.execute(f"{query} ORDER BY id")
    ]
    return CustomersWritten(new, changed, merged, sum(moved) + merged + changed + new, deferred)


@contextmanager
def _rules_named() -> Iterator[None]:
    """A rule of the application's own that the values of one customer break is told as such."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        if "constraint failed" not in str(error):
            raise
        raise CoccinelleError(
            f"table customers does not take a customer of this run: {error}. Change that rule, or "
            "the records that it is made of; nothing was written"
        ) from error


def _require_no_orphans(live: sqlite3.Connection) -> None:
    """Refuse to merge customers that other tables of the application refer to.

    SQLite's own check would stumble over foreign keys between tables that are none of our business.
    """
    for reference in references_to_customers(live):
        orphan = live.execute(reference.orphans).fetchone()
        if orphan:
            raise CoccinelleError(
                f"table {reference.table} refers to a customer that would be merged into another "
                f"({reference.columns} = {', '.join(map(str, orphan))}): point it at the other "
                "customer first; nothing was written"
            )
