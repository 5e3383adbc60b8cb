"""Publishing a plan to a SQLite file: one transaction, audited before it is committed.

Killed at any instant, the live database is untouched or wholly promoted: SQLite rolls an
unfinished transaction back when the file is next opened.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from coccinelle_assets.errors import CoccinelleError, PromotionRefusedError
from coccinelle_assets.live.predicates import PREDICATES, Finding, evaluate
from coccinelle_assets.live.schema import (
    CUSTOMER_COLUMNS,
    SOURCE_TABLES,
    Column,
    Schema,
    read_schema,
    require_sources,
)
from coccinelle_assets.live.snapshot import readable
from coccinelle_assets.resolution.linkage import LINKED_TABLES
from coccinelle_assets.settings import GateThresholds
from coccinelle_assets.sql import load_sql, quoted, statements

PACKAGE = "coccinelle_assets.live"
# Room for the indexes of a million customers; SQLite's default of 2 MB reads them again and again.
CACHE_KIB = 128 * 1024


@dataclass(frozen=True, slots=True)
class Deferred:
    """A planned change that was left for the next run, and why."""

    source_table: str
    record_id: str
    reason: str


@dataclass(slots=True)
class Publication:
    """What a promotion wrote, in rows, and what it left."""

    counts: dict[str, int] = field(default_factory=dict)
    deferred: list[Deferred] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def rows_written(self) -> int:
        """Rows inserted, updated or deleted in the application's and the customers' tables."""
        return self.counts["rows_written"]


def publish(
    live: sqlite3.Connection,
    plan: Path,
    run_id: str,
    thresholds: GateThresholds,
    before_commit: Callable[[Publication], None] = lambda publication: None,
) -> Publication:
    """Apply the plan file at `plan` to `live`, all of it or nothing.

    `live` is a fresh connection in autocommit mode. `before_commit` is called with what was
    written once every predicate holds; an exception from it rolls everything back too.
    Raises PromotionRefusedError when a predicate does not hold on the result.
    """
    live.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    with _attached(live, plan), _transaction(live):
        publication = _apply(live, run_id, thresholds)
        before_commit(publication)
    return publication


@contextmanager
def _attached(live: sqlite3.Connection, plan: Path) -> Iterator[None]:
    if not plan.is_file():
        raise CoccinelleError(f"there is no plan at {plan}: run the whole migration first")
    live.execute("ATTACH ? AS plan", (f"{plan.absolute().as_uri()}?mode=ro",))
    try:
        yield
    finally:
        live.execute("DETACH plan")


@contextmanager
def _transaction(live: sqlite3.Connection) -> Iterator[None]:
    live.execute("PRAGMA foreign_keys = OFF")
    live.execute("BEGIN IMMEDIATE")
    try:
        yield
        # A reader that stays longer than the timeout keeps COMMIT from its exclusive lock.
        live.execute("COMMIT")
    except BaseException:
        # Some errors, such as a full disk, have rolled back already.
        if live.in_transaction:
            live.execute("ROLLBACK")
        raise


def _apply(live: sqlite3.Connection, run_id: str, thresholds: GateThresholds) -> Publication:
    publication = Publication()
    schema = read_schema(live)
    require_sources(schema, "the live database")
    _remember_previous_customers(live, schema)
    _create_tables(live, schema)
    _find_stale_customers(live)
    # Rows of temporary tables are none of the database's: they are filled before or after.
    before = live.total_changes
    publication.deferred.extend(_publish_customers(live, publication.counts))
    for table, links in LINKED_TABLES.items():
        publication.deferred.extend(_publish_links(live, schema, table, links, publication.counts))
    _run_script(live, "sql/publish/indexes.sql")
    written = live.total_changes - before
    updated = _count_statistics(live, schema)
    publication.counts |= {"statistics_updated": updated, "rows_written": written + updated}
    publication.counts["deferred"] = len(publication.deferred)
    publication.counts["customers"] = _scalar(live, "SELECT count(*) FROM customers")
    _audit(live, schema, publication, thresholds)
    # After the audit, which names what a UNIQUE index would only stumble over.
    _require_unique_indexes(live)
    _write_receipt(live, run_id, publication)
    return publication


def _run(live: sqlite3.Connection, path: str, **identifiers: str) -> sqlite3.Cursor:
    return live.execute(load_sql(PACKAGE, path, **identifiers))


def _run_script(live: sqlite3.Connection, path: str, **identifiers: str) -> list[int]:
    """Run each statement of a file; returns the number of rows that each changed."""
    script = load_sql(PACKAGE, path, **identifiers)
    return [live.execute(statement).rowcount for statement in statements(script)]


def _scalar(live: sqlite3.Connection, query: str) -> int:
    return live.execute(query).fetchone()[0]


def _remember_previous_customers(live: sqlite3.Connection, schema: Schema) -> None:
    """Ids of the customers as they were, for the drift guard; none before a first promotion."""
    live.execute("CREATE TEMP TABLE previous_customers (id TEXT PRIMARY KEY) WITHOUT ROWID")
    promoted = schema.has("customer_promotions") and _scalar(
        live, "SELECT EXISTS (SELECT 1 FROM customer_promotions)"
    )
    if promoted:
        live.execute(
            "INSERT OR IGNORE INTO previous_customers SELECT id FROM customers"
            " WHERE id IS NOT NULL ORDER BY id"
        )


def _create_tables(live: sqlite3.Connection, schema: Schema) -> None:
    """Additive DDL: what is there stays, what is missing is added."""
    tenant_key = ""
    if schema.has("tenants", "id"):
        tenant_key = ",\n    FOREIGN KEY (tenant_id) REFERENCES tenants (id)"
    _run(live, "sql/publish/customers_table.sql", tenant_key=tenant_key)
    _run_script(live, "sql/publish/companion_tables.sql")
    for column in CUSTOMER_COLUMNS:
        if schema.has("customers") and schema.deployed("customers", Column(column)) is None:
            kind = "INTEGER DEFAULT 0" if column.startswith("total_") else "TEXT"
            live.execute(f"ALTER TABLE customers ADD COLUMN {quoted(column)} {kind}")
    for table in LINKED_TABLES:
        if schema.deployed(table, Column("customer_id")) is None:
            live.execute(f"ALTER TABLE {table} ADD COLUMN customer_id TEXT")


def _find_stale_customers(live: sqlite3.Connection) -> None:
    """Write temp.stale_customers: planned changes that must wait, and whoever waits for those."""
    _run_script(live, "sql/publish/stale_customers.sql")
    more = True
    while more:
        more = live.execute(
            "INSERT INTO stale_customers"
            " SELECT id FROM waiting_customers WHERE id NOT IN (SELECT id FROM stale_customers)"
        ).rowcount


def _publish_customers(live: sqlite3.Connection, counts: dict[str, int]) -> list[Deferred]:
    *_moved, merged, _released, changed, new = _run_script(live, "sql/publish/customers.sql")
    if merged:
        _require_no_orphans(live)
    counts.update(new_customers=new, changed_customers=changed, merged_customers=merged)
    _run(live, "sql/publish/unavailable_customers.sql")
    unpublished = (
        "SELECT id FROM unavailable_customers WHERE id IN (SELECT id FROM plan.new_customers)"
    )
    return [
        Deferred("customers", record_id, reason)
        for reason, query in (
            ("changed", "SELECT id FROM stale_customers"),
            ("identifier_taken", unpublished),
        )
        for (record_id,) in live.execute(f"{query} ORDER BY id")
    ]


def _require_no_orphans(live: sqlite3.Connection) -> None:
    """Refuse to merge customers that other tables of the application refer to."""
    for table, rowid, parent, _ in live.execute("PRAGMA foreign_key_check"):
        if parent == "customers":
            raise CoccinelleError(
                f"table {table} (rowid {rowid}) refers to a customer that would be merged into "
                "another: point it at the other customer first; nothing was written"
            )


def _publish_links(
    live: sqlite3.Connection, schema: Schema, table: str, links: str, counts: dict[str, int]
) -> list[Deferred]:
    seen = _deployed_details(schema, table)
    unchanged = "".join(
        f"\n    AND CAST({table}.{quoted(name)} AS TEXT) IS l.seen_{detail}"
        for detail, name in seen.items()
        if name
    )
    key = _row_key(live, table)
    _run(
        live,
        "sql/publish/matching_rows.sql",
        table=table,
        links=links,
        key=key,
        unchanged=unchanged,
    )
    written = _run(live, "sql/publish/links.sql", table=table, key=key).rowcount
    live.execute("DROP TABLE matching_rows")
    planned = _scalar(live, f"SELECT count(*) FROM plan.{links} WHERE changed")
    deferred: list[Deferred] = []
    if written < planned:
        recovered, deferred = _second_look(live, table, links, seen)
        written += recovered
    lost = _run(live, "sql/publish/lost_links.sql", table=table, links=links)
    deferred.extend(Deferred(table, record_id, "changed") for (record_id,) in lost)
    counts[links] = written
    return deferred


def _row_key(live: sqlite3.Connection, table: str) -> str:
    """The column by which a table is stored: rowid, or its id when it is WITHOUT ROWID."""
    try:
        live.execute(f"SELECT rowid FROM {table} LIMIT 0")
    except sqlite3.OperationalError:
        return "id"
    return "rowid"


def _deployed_details(schema: Schema, table: str) -> dict[str, str | None]:
    """The deployed names of the columns by which a record is known: e-mail, phone, prospect."""
    columns = {column.name: column for column in SOURCE_TABLES[table]}
    return {
        "email": schema.deployed(table, columns["customer_email"]),
        "phone": schema.deployed(table, columns["customer_phone"]),
        "prospect_id": schema.deployed(table, columns["prospect_id"]),
    }


def _second_look(
    live: sqlite3.Connection, table: str, links: str, seen: dict[str, str | None]
) -> tuple[int, list[Deferred]]:
    """Links that the bulk update left: text that only reads differently is linked after all.

    Returns the number of links written and the ones deferred, each with its reason.
    """
    expressions = {
        detail: f"CAST(t.{quoted(name)} AS BLOB)" if name else "NULL"
        for detail, name in seen.items()
    }
    rows = _run(
        live, "sql/publish/unwritten_links.sql", table=table, links=links, **expressions
    ).fetchall()
    written, deferred = 0, []
    for record_id, customer_id, unavailable, live_id, *details in rows:
        was, now = details[:5], [readable(value) for value in details[5:]]
        if live_id is None:
            deferred.append(Deferred(table, record_id, "deleted"))
        elif unavailable:
            deferred.append(Deferred(table, record_id, "customer_unavailable"))
        elif was != now:
            deferred.append(Deferred(table, record_id, "changed"))
        else:
            live.execute(
                f"UPDATE {table} SET customer_id = ? WHERE id = ?", (customer_id, record_id)
            )
            written += 1
    return written, deferred


def _require_unique_indexes(live: sqlite3.Connection) -> None:
    """A customers table that was there before may lack the plan's UNIQUE constraints."""
    covered = set()
    for _, name, unique, *_ in live.execute("PRAGMA index_list(customers)").fetchall():
        columns = live.execute(f"PRAGMA index_info({quoted(name)})").fetchall()
        if unique:
            covered.add(frozenset(column for _, _, column in columns))
    for column in ("email", "phone"):
        if frozenset(("tenant_id", column)) not in covered:
            live.execute(
                f"CREATE UNIQUE INDEX idx_customers_tenant_{column}"
                f" ON customers (tenant_id, {column})"
            )


def _count_statistics(live: sqlite3.Connection, schema: Schema) -> int:
    """Correct the statistics that differ from the links; returns the number of customers."""
    write_link_statistics(live, schema)
    return _run(live, "sql/publish/statistics.sql").rowcount


def write_link_statistics(live: sqlite3.Connection, schema: Schema) -> None:
    """Write temp.link_statistics: each customer's links on a live database, counted."""
    names = {
        "appointment_at": schema.date_column("appointments"),
        "first_message_at": "first_message_at",
        "last_message_at": "last_message_at",
    }
    expressions = {
        key: load_sql(PACKAGE, "sql/utc_timestamp.sql", value=quoted(name or key))
        for key, name in names.items()
    }
    query = load_sql(
        PACKAGE,
        "sql/link_statistics.sql",
        appointments="appointments",
        conversations="omni_conversations",
        **expressions,
    )
    live.execute(f"CREATE TEMP TABLE link_statistics AS {query}")


def _audit(
    live: sqlite3.Connection,
    schema: Schema,
    publication: Publication,
    thresholds: GateThresholds,
) -> None:
    """The second lock: the predicates that the checks asked, asked of what is about to be."""
    live.execute("CREATE TEMP TABLE deferred_records (source_table TEXT, id TEXT)")
    live.executemany(
        "INSERT INTO deferred_records VALUES (?, ?)",
        [(deferred.source_table, deferred.record_id) for deferred in publication.deferred],
    )
    publication.findings = evaluate(live.execute, PREDICATES, thresholds, schema.tables)
    failures = {
        finding.predicate.name: finding.offenders
        for finding in publication.findings
        if not finding.holds
    }
    if failures:
        raise PromotionRefusedError(failures)


def _write_receipt(live: sqlite3.Connection, run_id: str, publication: Publication) -> None:
    """One row for each promotion that wrote something, and for the first one in any case."""
    first = not _scalar(live, "SELECT EXISTS (SELECT 1 FROM customer_promotions)")
    if not publication.rows_written and not first:
        return
    reasons = deferred_reasons(publication.deferred)
    counts = publication.counts | {"deferred_by_reason": reasons}
    checksums = live.execute("SELECT checksums FROM plan.plan").fetchone()[0]
    live.execute(
        "INSERT INTO customer_promotions (run_id, counts, checksums) VALUES (?, ?, ?)"
        " ON CONFLICT (run_id) DO UPDATE SET counts = excluded.counts,"
        " promoted_at = CURRENT_TIMESTAMP",
        (run_id, json.dumps(counts), checksums),
    )


def deferred_reasons(deferred: Sequence[Deferred]) -> dict[str, int]:
    """How many planned changes were left, by reason."""
    return dict(sorted(Counter(item.reason for item in deferred).items()))
