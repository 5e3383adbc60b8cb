"""What a promotion writes inside its transaction: six steps, one after another."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from coccinelle_assets.live.deferred import Deferred, deferred_reasons
from coccinelle_assets.live.promotion.audit import Audit, remember_previous_customers
from coccinelle_assets.live.promotion.customers import (
    drop_gone_customers,
    find_gone_customers,
    find_stale_customers,
    write_customers,
)
from coccinelle_assets.live.promotion.expand import (
    create_customer_indexes,
    create_link_indexes,
    expand,
    require_unique_indexes,
)
from coccinelle_assets.live.promotion.identifiers import (
    forget_arrivals,
    write_identifiers,
)
from coccinelle_assets.live.promotion.links import write_links
from coccinelle_assets.live.promotion.prepared_customers import take_prepared_customers
from coccinelle_assets.live.promotion.undo_log import UndoLog
from coccinelle_assets.live.receipts import write_receipt
from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.live.sqlite.transaction import scalar
from coccinelle_assets.live.statistics.count import (
    correct_to_link_statistics,
    take_planned_statistics,
    write_link_statistics,
)
from coccinelle_assets.live.tenant_scope import only_tenants
from coccinelle_assets.predicates.predicate import LINKED_PREDICATES
from coccinelle_assets.progress import tell
from coccinelle_assets.settings import GateThresholds
from coccinelle_assets.tables import CUSTOMER_IDENTIFIERS, LINKED_TABLES

# What is sorted (a new index, a count by customer) is faster in parts of this size, which a second
# thread of SQLite sorts meanwhile.
SORTER_CACHE_KIB = 16 * 1024
# The parts of a promotion that progress is told in.
PARTS = 7


@dataclass(slots=True)
class Publication:
    """What a promotion wrote, in rows by kind, and what it left; `customers` are all there are."""

    new_customers: int = 0
    changed_customers: int = 0
    merged_customers: int = 0
    appointment_links: int = 0
    conversation_links: int = 0
    statistics_updated: int = 0
    identifiers_written: int = 0
    customers: int = 0
    # Rows inserted, updated or deleted in the application's and the customers' tables.
    rows_written: int = 0
    deferred: list[Deferred] = field(default_factory=list)
    # Whether a table or column was added.
    expanded: bool = False
    # How long other writers had to wait.
    lock_seconds: float = 0.0

    @property
    def wrote(self) -> bool:
        """Whether a row was written, also of what goes beside customers and links."""
        return bool(self.rows_written or self.identifiers_written)

    @property
    def counts(self) -> dict[str, int]:
        """The numbers of rows, as receipts, metadata and reports have them."""
        return {
            "new_customers": self.new_customers,
            "changed_customers": self.changed_customers,
            "merged_customers": self.merged_customers,
            "appointment_links": self.appointment_links,
            "conversation_links": self.conversation_links,
            "statistics_updated": self.statistics_updated,
            "identifiers_written": self.identifiers_written,
            "rows_written": self.rows_written,
            "deferred": len(self.deferred),
            "customers": self.customers,
        }


def publish(
    live: sqlite3.Connection,
    schema: Schema,
    undo_log: UndoLog,
    thresholds: GateThresholds,
    tenants: Sequence[str],
    *,
    prepared: Future[Path] | None,
    as_planned: bool,
) -> Publication:
    """Write the attached plan inside the caller's transaction; `schema` is as the plan found it.

    `prepared` has the new customers when the customers table is the promotion's own. `as_planned`:
    nobody wrote to the database since the plan's snapshot of all of it.
    Raises PromotionRefusedError when a predicate does not hold on the result.
    """
    done = Publication()
    remember_previous_customers(live, schema, tenants)
    done.expanded = expand(live, schema)
    find_stale_customers(live)
    find_gone_customers(live, schema, as_planned=as_planned)
    undo_log.before(live, schema)
    _write_customers(live, done, new_ones_later=prepared is not None)
    _write_links(live, schema, undo_log, done, as_planned=as_planned)
    _make_indexes(live)
    if prepared is None:
        _write_identifiers(live, schema, undo_log, done, prepared=False)
    with only_tenants(live, schema, tenants):
        counted = _count_statistics(live, schema, done, as_planned=as_planned)
        _audit(live, schema, undo_log, thresholds, done, prepared=prepared, counted=counted)
    # After the audit, which names what a UNIQUE index would only stumble over.
    require_unique_indexes(live)
    _record(live, undo_log, done, tenants)
    return done


def _write_customers(live: sqlite3.Connection, done: Publication, *, new_ones_later: bool) -> None:
    tell("writing customers", 1, PARTS)
    written = write_customers(live, new_ones_later=new_ones_later)
    done.new_customers = written.new
    done.changed_customers = written.changed
    done.merged_customers = written.merged
    done.rows_written += written.rows
    done.deferred.extend(written.deferred)


def _write_links(
    live: sqlite3.Connection,
    schema: Schema,
    undo_log: UndoLog,
    done: Publication,
    *,
    as_planned: bool,
) -> None:
    for part, (table, links) in enumerate(LINKED_TABLES.items(), start=2):
        tell(f"writing links of {table}", part, PARTS)
        written = write_links(live, schema, undo_log, table, as_planned=as_planned)
        setattr(done, links, written.rows)
        done.rows_written += written.rows
        done.deferred.extend(written.deferred)


def _make_indexes(live: sqlite3.Connection) -> None:
    tell("making indexes", 4, PARTS)
    live.execute(f"PRAGMA cache_size = -{SORTER_CACHE_KIB}")
    create_customer_indexes(live)
    create_link_indexes(live)


def _count_statistics(
    live: sqlite3.Connection, schema: Schema, done: Publication, *, as_planned: bool
) -> bool:
    """Write temp.link_statistics; returns whether the gate's count is taken, not one of now."""
    tell("counting links", 5, PARTS)
    if as_planned and not done.deferred and take_planned_statistics(live):
        return True
    write_link_statistics(live, schema)
    return False


def _write_identifiers(
    live: sqlite3.Connection,
    schema: Schema,
    undo_log: UndoLog,
    done: Publication,
    *,
    prepared: bool,
) -> None:
    done.identifiers_written = write_identifiers(live, schema, undo_log, prepared=prepared)
    forget_arrivals(live)


def _audit(
    live: sqlite3.Connection,
    schema: Schema,
    undo_log: UndoLog,
    thresholds: GateThresholds,
    done: Publication,
    *,
    prepared: Future[Path] | None,
    counted: bool,
) -> None:
    """Correct the statistics and ask every predicate of what is about to be committed."""
    tell("auditing", 6, PARTS)
    audit = Audit(live, thresholds, (*schema.tables, CUSTOMER_IDENTIFIERS), done.deferred)
    # These ask of links alone: the customers may still be in preparation.
    audit.ask(LINKED_PREDICATES)
    if prepared is not None:
        take_prepared_customers(live, prepared.result())
        drop_gone_customers(live)
        _write_identifiers(live, schema, undo_log, done, prepared=True)
    # New customers have what the gate held against its count: if not, the audit refuses them.
    corrected = counted and prepared is not None
    done.statistics_updated = 0 if corrected else correct_to_link_statistics(live)
    done.rows_written += done.statistics_updated
    done.customers = scalar(live, "SELECT count(*) FROM customers")
    audit.require()


def _record(
    live: sqlite3.Connection, undo_log: UndoLog, done: Publication, tenants: Sequence[str]
) -> None:
    """One receipt for each promotion that wrote something, and for the first one in any case."""
    if not done.wrote and not undo_log.first:
        return
    undo_log.after(live)
    counts = done.counts | {"deferred_by_reason": deferred_reasons(done.deferred)}
    checksums = scalar(live, "SELECT checksums FROM plan.plan")
    write_receipt(live, undo_log.run_id, counts, tenants, undo_log.recorded_schema(), checksums)
