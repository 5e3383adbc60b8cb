"""The migration plan's verification of a live database, and the predicates, read-only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.database import Database
from coccinelle_assets.live.receipts import last_standing
from coccinelle_assets.live.sqlite.schema import require_sources
from coccinelle_assets.masking import masked_rows
from coccinelle_assets.predicates.predicate import (
    VERIFIABLE,
    Finding,
    counted_sample,
    finding_of,
)
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


def verify(database: Database) -> Verification:
    """Verify a live database, asking it everything at once; nothing is written to it.

    Raises CoccinelleError when it was never migrated.
    """
    schema = database.schema()
    require_sources(schema, database.name)
    unlinked = [
        table
        for table in ("appointments", "omni_conversations")
        if schema.deployed(table, Column("customer_id")) is None
    ]
    if not schema.has("customers") or unlinked:
        raise CoccinelleError(
            f"{database.name} has no customers to verify: "
            f"run `coccinelle migrate {database.name}` first"
        )
    asked = [
        predicate
        for predicate in VERIFIABLE
        if predicate.requires is None or schema.has(predicate.requires)
    ]
    questions = [load_sql(f"live/sql/verify/{name}.sql") for name in QUERIES]
    questions += [counted_sample(predicate.sql) for predicate in asked]
    if schema.has("customer_promotions", "counts"):
        questions.append(last_standing("counts", schema.tables["customer_promotions"]))
    answers = database.ask(schema, *questions)
    samples = answers[len(QUERIES) : len(QUERIES) + len(asked)]
    found = {
        predicate: finding_of(predicate, answer.columns, answer.rows)
        for predicate, answer in zip(asked, samples, strict=True)
    }
    findings = [found.get(p) or Finding(p, 0, (), (), applicable=False) for p in VERIFIABLE]
    receipts = answers[len(QUERIES) + len(asked) :]
    counts = json.loads(receipts[0].rows[0][0]) if receipts and receipts[0].rows else {}
    return Verification(
        {n: (a.columns, a.rows) for n, a in zip(QUERIES, answers, strict=False)},
        findings,
        counts.get("customers", 0),
    )
