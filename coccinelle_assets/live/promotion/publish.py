"""Publishing a plan to a SQLite file: one transaction, audited before it is committed.

Killed at any instant, the live database is untouched or wholly promoted: SQLite rolls an
unfinished transaction back when the file is next opened.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from coccinelle_assets.background import beside
from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.deferred import Deferred, deferred_reasons
from coccinelle_assets.live.promotion.audit import SecondLock
from coccinelle_assets.live.promotion.expand import (
    create_customer_indexes,
    create_link_indexes,
    create_tables,
    require_unique_indexes,
)
from coccinelle_assets.live.promotion.links import publish_links
from coccinelle_assets.live.promotion.plan_file import attach_plan, detach_plan
from coccinelle_assets.live.promotion.prepared_customers import (
    forget_prepared_customers,
    prepare_customers,
    take_prepared_customers,
)
from coccinelle_assets.live.promotion.undo_log import Journal
from coccinelle_assets.live.receipts import (
    last_promotion,
    read_receipts,
    schema_before,
    write_receipt,
)
from coccinelle_assets.live.sqlite.original_schema import OriginalSchema, describe_schema
from coccinelle_assets.live.sqlite.schema import Schema, read_schema, require_sources
from coccinelle_assets.live.sqlite.transaction import (
    ids_indexed,
    run,
    run_script,
    scalar,
    transaction,
    triggers_suspended,
)
from coccinelle_assets.live.statistics.count import (
    correct_to_link_statistics,
    take_planned_statistics,
    write_link_statistics,
)
from coccinelle_assets.live.tenant_scope import only_tenants, promoted_tenants
from coccinelle_assets.live.waiting_customers import write_waiting_customers
from coccinelle_assets.predicates.predicate import LINKED_PREDICATES
from coccinelle_assets.progress import tell
from coccinelle_assets.settings import GateThresholds
from coccinelle_assets.sql import load_sql
from coccinelle_assets.tables import CHANGED_TABLES, IDENTIFIERS, LINKED_TABLES

# Room for the indexes of a million customers; SQLite's default of 2 MB reads them again and again.
CACHE_KIB = 128 * 1024
# What is sorted (a new index, a count by customer) is faster in parts of this size, which a second
# thread of SQLite sorts meanwhile.
SORTER_CACHE_KIB = 16 * 1024
# The parts of a promotion that progress is told in.
PARTS = 7


@dataclass(slots=True)
class Publication:
    """What a promotion wrote, in rows, and what it left."""

    counts: dict[str, int] = field(default_factory=dict)
    deferred: list[Deferred] = field(default_factory=list)
    # How long other writers had to wait.
    lock_seconds: float = 0.0

    @property
    def rows_written(self) -> int:
        """Rows inserted, updated or deleted in the application's and the customers' tables."""
        return self.counts["rows_written"]


def _nothing_more(publication: Publication, futures: Sequence[Future[object]]) -> None:
    pass


def publish(
    live: sqlite3.Connection,
    plan: Path,
    run_id: str,
    thresholds: GateThresholds,
    before_commit: Callable[[Publication, Sequence[Future[object]]], None] = _nothing_more,
    tenants: Sequence[str] = (),
    meanwhile: Sequence[Callable[[], object]] = (),
    planned_at: int | None = None,
) -> Publication:
    """Apply the plan file at `plan` to `live`, all of it or nothing.

    `live` is a fresh connection in autocommit mode. `tenants` are those that the plan was made
    for, all when empty. `meanwhile` is done in a thread beside the transaction, one after another.
    `before_commit` is called with what was written once every predicate holds, and the futures of
    `meanwhile`; an exception from it rolls everything back too. `planned_at` is the data_version of
    `live` (a pragma of SQLite) at which it held what the plan was made from, if it is known.
    Raises PromotionRefusedError when a predicate does not hold on the result.
    """
    live.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    preparation = [] if read_schema(live).has("customers") else [lambda: prepare_customers(plan)]
    # A second thread sorts, unless it has customers to prepare.
    live.execute(f"PRAGMA threads = {0 if preparation else 1}")
    with (
        _attached(live, plan),
        beside(*preparation, *meanwhile) as futures,
        transaction(live),
    ):
        locked_at = time.monotonic()
        schema = read_schema(live)
        require_sources(schema, "the live database")
        as_planned = planned_at == scalar(live, "PRAGMA data_version") and not tenants
        # Before the triggers are away: they are part of what was there.
        journal = _open_journal(live, schema, run_id)
        prepared = futures[0] if preparation and not schema.has("customers") else None
        with triggers_suspended(live, CHANGED_TABLES), ids_indexed(live, CHANGED_TABLES):
            publication = _apply(live, schema, journal, thresholds, tenants, prepared, as_planned)
        before_commit(publication, futures[len(preparation) :])
        if not publication.rows_written and read_schema(live) == schema:
            # Suspended triggers were made anew: a run that changes nothing leaves no such trace.
            live.execute("ROLLBACK")
    publication.lock_seconds = round(time.monotonic() - locked_at, 3)
    return publication


@contextmanager
def _attached(live: sqlite3.Connection, plan: Path) -> Iterator[None]:
    attach_plan(live, plan)
    try:
        yield
    finally:
        detach_plan(live)
        forget_prepared_customers(live, plan)


def _open_journal(live: sqlite3.Connection, schema: Schema, run_id: str) -> Journal:
    first = last_promotion(live) is None
    original = describe_schema(live, schema) if first else _recorded_schema(live, schema)
    return Journal(run_id, first, original)


def _apply(
    live: sqlite3.Connection,
    schema: Schema,
    journal: Journal,
    thresholds: GateThresholds,
    tenants: Sequence[str],
    prepared: Future[Path] | None,
    as_planned: bool,
) -> Publication:
    """`prepared` has the new customers when the customers table is the promotion's own.

    `as_planned`: nobody wrote to the database since the plan's snapshot of all of it.
    """
    publication = Publication()
    _remember_previous_customers(live, schema, tenants)
    create_tables(live, schema)
    _find_stale_customers(live)
    journal.before(live)
    tell("writing customers", 1, PARTS)
    written = _publish_customers(live, publication, new_ones_later=prepared is not None)
    for part, (table, links) in enumerate(LINKED_TABLES.items(), start=2):
        tell(f"writing links of {table}", part, PARTS)
        changed, deferred = publish_links(
            live, schema, journal, table, links, as_planned=as_planned
        )
        publication.counts[links] = changed
        publication.deferred.extend(deferred)
        written += changed
    tell("making indexes", 4, PARTS)
    live.execute(f"PRAGMA cache_size = -{SORTER_CACHE_KIB}")
    create_customer_indexes(live)
    create_link_indexes(live)
    with only_tenants(live, tenants):
        tell("counting links", 5, PARTS)
        counted = as_planned and not publication.deferred and take_planned_statistics(live)
        if not counted:
            write_link_statistics(live, schema)
        tell("auditing", 6, PARTS)
        lock = SecondLock(live, thresholds, schema.tables, publication.deferred)
        # These ask of links alone: the customers may still be in preparation.
        lock.ask(LINKED_PREDICATES)
        if prepared is not None:
            take_prepared_customers(live, prepared.result())
        # New customers have what the gate held against its count: if not, the lock refuses them.
        corrected = counted and prepared is not None
        updated = 0 if corrected else correct_to_link_statistics(live)
        publication.counts |= {"statistics_updated": updated, "rows_written": written + updated}
        publication.counts["deferred"] = len(publication.deferred)
        publication.counts["customers"] = scalar(live, "SELECT count(*) FROM customers")
        lock.require()
    # After the lock, which names what a UNIQUE index would only stumble over.
    require_unique_indexes(live)
    # One row for each promotion that wrote something, and for the first one in any case.
    if publication.rows_written or journal.first:
        journal.after(live)
        reasons = deferred_reasons(publication.deferred)
        counts = publication.counts | {"deferred_by_reason": reasons}
        write_receipt(live, journal.run_id, counts, tenants, journal.recorded_schema())
    return publication


def _recorded_schema(live: sqlite3.Connection, schema: Schema) -> OriginalSchema | None:
    if not schema.has("customer_promotions", "schema_before"):
        return None
    recorded = schema_before(live)
    return OriginalSchema.from_json(recorded) if recorded else None


def _remember_previous_customers(
    live: sqlite3.Connection, schema: Schema, tenants: Sequence[str]
) -> None:
    """For the drift guard: customers as they were, of tenants that were promoted before."""
    live.execute("CREATE TEMP TABLE previous_customers (id TEXT PRIMARY KEY) WITHOUT ROWID")
    live.execute("CREATE TEMP TABLE tenants_before (id TEXT PRIMARY KEY)")
    covered = promoted_tenants(read_receipts(live))
    known = "" if covered is None else "AND tenant_id IN (SELECT id FROM tenants_before)"
    live.executemany("INSERT INTO tenants_before VALUES (?)", [(name,) for name in covered or ()])
    live.execute(
        f"CREATE TEMP VIEW drifting_customers AS SELECT id FROM customers WHERE TRUE {known}"
    )
    if schema.has("customers") and covered != []:
        with only_tenants(live, tenants):
            live.execute(
                "INSERT OR IGNORE INTO previous_customers SELECT id FROM customers"
                f" WHERE id IS NOT NULL {known} ORDER BY id"
            )


def _find_stale_customers(live: sqlite3.Connection) -> None:
    """Write temp.stale_customers: planned changes that must wait, and whoever waits for those.

    What need not wait of the merges is in temp.moved_customers.
    """
    run(live, "live/promotion/sql/stale_customers.sql")
    claims = {
        column: f"SELECT id, tenant_id, {column} FROM plan.customer_changes"
        f" WHERE {column} IS NOT seen_{column}"
        for column in IDENTIFIERS
    }
    write_waiting_customers(live, claims)
    run_script(live, "live/promotion/sql/late_customers.sql")
    run_script(live, "live/promotion/sql/moved_customers.sql")


def _publish_customers(
    live: sqlite3.Connection, publication: Publication, *, new_ones_later: bool
) -> int:
    """Merge, change and create customers; returns the number of rows written.

    `new_ones_later` counts new customers as written, which all of them will be.
    """
    *moved, merged, _released, changed = run_script(live, "live/promotion/sql/customers.sql")
    if new_ones_later:
        new = scalar(live, "SELECT count(*) FROM plan.new_customers")
    else:
        new = run(live, "live/promotion/sql/new_customers.sql").rowcount
    if merged:
        _require_no_orphans(live)
    publication.counts.update(new_customers=new, changed_customers=changed, merged_customers=merged)
    live.execute(load_sql("live/promotion/sql/unavailable_customers.sql"), {"created": new})
    unpublished = (
        "SELECT id FROM unavailable_customers WHERE id IN (SELECT id FROM plan.new_customers)"
    )
    publication.deferred.extend(
        Deferred("customers", record_id, reason)
        for reason, query in (
            ("changed", "SELECT id FROM stale_customers"),
            ("identifier_taken", unpublished),
        )
        for (record_id,) in live.execute(f"{query} ORDER BY id")
    )
    return sum(moved) + merged + changed + new


def _require_no_orphans(live: sqlite3.Connection) -> None:
    """Refuse to merge customers that other tables of the application refer to."""
    for table, rowid, parent, _ in live.execute("PRAGMA foreign_key_check"):
        if parent == "customers":
            raise CoccinelleError(
                f"table {table} (rowid {rowid}) refers to a customer that would be merged into "
                "another: point it at the other customer first; nothing was written"
            )
