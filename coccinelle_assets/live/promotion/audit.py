"""The audit: the predicates that the checks asked, asked of what is about to be committed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from coccinelle_assets.errors import PromotionRefusedError
from coccinelle_assets.live.deferred import Deferred
from coccinelle_assets.live.receipts import read_receipts
from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.live.tenant_scope import only_tenants, promoted_tenants, stored_forms
from coccinelle_assets.predicates.predicate import PREDICATES, Finding, Predicate, evaluate
from coccinelle_assets.settings import GateThresholds


def remember_previous_customers(
    live: sqlite3.Connection, schema: Schema, tenants: Sequence[str]
) -> None:
    """For the drift guard: customers as they were, of tenants that were promoted before."""
    live.execute("CREATE TEMP TABLE previous_customers (id TEXT PRIMARY KEY) WITHOUT ROWID")
    live.execute("CREATE TEMP TABLE tenants_before (id PRIMARY KEY)")
    covered = promoted_tenants(read_receipts(live))
    known = "" if covered is None else "AND tenant_id IN (SELECT id FROM tenants_before)"
    live.executemany(
        "INSERT INTO tenants_before VALUES (?)", [(form,) for form in stored_forms(covered or ())]
    )
    live.execute(
        f"CREATE TEMP VIEW drifting_customers AS SELECT id FROM customers WHERE TRUE {known}"
    )
    if schema.has("customers") and covered != []:
        with only_tenants(live, schema, tenants):
            live.execute(
                "INSERT OR IGNORE INTO previous_customers SELECT id FROM customers"
                f" WHERE id IS NOT NULL {known} ORDER BY id"
            )


class Audit:
    """The predicates, each asked once in the promotion's transaction, and judged together.

    What was `deferred` may stay unlinked; `tables` are those of the live database.
    """

    def __init__(
        self,
        live: sqlite3.Connection,
        thresholds: GateThresholds,
        tables: Iterable[str],
        deferred: Sequence[Deferred],
    ) -> None:
        self.live, self.thresholds, self.tables = live, thresholds, tables
        self.findings: list[Finding] = []
        live.execute("CREATE TEMP TABLE deferred_records (source_table TEXT, id TEXT)")
        live.executemany(
            "INSERT INTO deferred_records VALUES (?, ?)",
            [(row.source_table, row.record_id) for row in deferred],
        )

    def ask(self, predicates: Iterable[Predicate]) -> None:
        """Look for offenders of some predicates early, as the database is now."""
        self.findings += evaluate(self.live.execute, predicates, self.thresholds, self.tables)

    def require(self) -> None:
        """Ask all others; raise PromotionRefusedError that names every one which does not hold."""
        asked = {finding.predicate for finding in self.findings}
        self.ask(predicate for predicate in PREDICATES if predicate not in asked)
        failures = {
            finding.predicate.name: finding.offenders
            for finding in self.findings
            if not finding.holds
        }
        if failures:
            raise PromotionRefusedError(failures)
