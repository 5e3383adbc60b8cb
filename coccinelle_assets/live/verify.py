"""The migration plan's verification of a live database, and the predicates, read-only."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.receipts import read_receipts
from coccinelle_assets.live.sqlite.schema import read_schema, require_sources
from coccinelle_assets.live.statistics.count import write_link_statistics
from coccinelle_assets.masking import masked_rows
from coccinelle_assets.predicates.predicate import VERIFIABLE, Finding, evaluate
from coccinelle_assets.settings import GateThresholds
from coccinelle_assets.sql import load_sql
from coccinelle_assets.tables import Column

# The plan's five queries, in its order; each is a file of live/sql/verify.
QUERIES = (
    "total_customers",
    "customers_by_source",
    "linked_appointments",
    "linked_conversations",
    "potential_duplicates",
)


@dataclass(frozen=True, slots=True)
class Verification:
    """Answers of the plan's queries, as columns and rows, and the predicates' findings.

    `promoted_customers` is the number of customers that the last promotion left, 0 before one.
    """

    answers: Mapping[str, tuple[Sequence[str], Sequence[Sequence[Any]]]]
    findings: list[Finding]
    promoted_customers: int

    @property
    def holds(self) -> bool:
        """Whether every predicate holds and no duplicate was found."""
        return not self.answers["potential_duplicates"][1] and all(
            finding.holds for finding in self.findings
        )

    def masked(self) -> Verification:
        """The same with personal details as they may be shown."""
        answers = {
            name: (columns, masked_rows(columns, rows))
            for name, (columns, rows) in self.answers.items()
        }
        findings = [finding.masked() for finding in self.findings]
        return replace(self, answers=answers, findings=findings)

    def as_dict(self) -> dict[str, Any]:
        """The verification as JSON takes it."""
        return {
            "holds": self.holds,
            "answers": {
                name: [dict(zip(columns, row, strict=True)) for row in rows]
                for name, (columns, rows) in self.answers.items()
            },
            "checks": [finding.as_dict() for finding in self.findings],
        }


def verify(live: sqlite3.Connection, database: str, thresholds: GateThresholds) -> Verification:
    """Verify a live database inside one read transaction; nothing is written to it.

    Raises CoccinelleError when it was never migrated.
    """
    schema = read_schema(live)
    require_sources(schema, database)
    unlinked = [
        table
        for table in ("appointments", "omni_conversations")
        if schema.deployed(table, Column("customer_id")) is None
    ]
    if not schema.has("customers") or unlinked:
        raise CoccinelleError(
            f"{database} has no customers to verify: run `coccinelle migrate {database}` first"
        )
    live.execute("BEGIN")
    try:
        write_link_statistics(live, schema)
        answers = {name: _answer(live, name) for name in QUERIES}
        findings = evaluate(live.execute, VERIFIABLE, thresholds, schema.tables)
        standing = (receipt for receipt in read_receipts(live) if receipt.undone_at is None)
        promoted = next((receipt.counts["customers"] for receipt in standing), 0)
    finally:
        live.execute("ROLLBACK")
    return Verification(answers, findings, promoted)


def _answer(live: sqlite3.Connection, name: str) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
    cursor = live.execute(load_sql(f"live/sql/verify/{name}.sql"))
    return [column[0] for column in cursor.description], cursor.fetchall()
