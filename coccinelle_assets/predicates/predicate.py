"""What must hold of a customer database: each rule is one .sql file, written once.

A predicate selects its offenders, so that none is good. The same text is evaluated on the gate
(DuckDB, before anything is written), inside the promotion's transaction and by `verify` (SQLite).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from coccinelle_assets.masking import masked_rows
from coccinelle_assets.settings import GateThresholds
from coccinelle_assets.sql import load_sql

SAMPLE_ROWS = 10


@dataclass(frozen=True, slots=True)
class Predicate:
    """A rule by the name of its file, and the names that its query reads.

    `requires` names a table without which it says nothing. `folder` is where the file is: those of
    one engine or one verb alone live with their user.
    """

    name: str
    description: str
    reads: tuple[str, ...] = ()
    requires: str | None = None
    thresholds: bool = False
    folder: str = "predicates"

    @property
    def sql(self) -> str:
        """A query of the offenders."""
        return load_sql(f"{self.folder}/{self.name}.sql")


CUSTOMER_PREDICATES = (
    Predicate("customer_ids_unique", "Every customer id is there once.", ("customers",)),
    Predicate(
        "customer_emails_unique", "No two customers of a tenant have one e-mail.", ("customers",)
    ),
    Predicate(
        "customer_phones_unique", "No two customers of a tenant have one phone.", ("customers",)
    ),
    Predicate(
        "customer_identifiers_valid",
        "Every phone is E.164, every e-mail valid.",
        ("customers", "application_identifiers"),
    ),
    Predicate(
        "customer_tenants_exist",
        "Every customer's tenant exists.",
        ("customers", "tenants"),
        requires="tenants",
    ),
    Predicate(
        "identifiers_tie_one_customer",
        "Every identifier is its customer's, of its tenant, and of no other one.",
        ("customers", "customer_identifiers"),
        requires="customer_identifiers",
    ),
    Predicate(
        "customer_drift",
        "The customers lost or gained against the live table stay within a set share.",
        ("customers", "previous_customers", "drifting_customers"),
        thresholds=True,
    ),
)
APPOINTMENT_PREDICATES = (
    Predicate(
        "appointments_linked",
        "Every linkable appointment is linked.",
        ("appointments", "appointment_links", "deferred_records"),
    ),
)
CONVERSATION_PREDICATES = (
    Predicate(
        "conversations_linked",
        "Every linkable conversation is linked.",
        ("omni_conversations", "conversation_links", "deferred_records"),
    ),
)
LINK_PREDICATES = (
    Predicate(
        "links_lead_to_customers",
        "Every link leads to a customer that exists, of one tenant.",
        ("customers", "link_statistics"),
    ),
    Predicate(
        "statistics_match_links",
        "Every customer's statistics equal its links.",
        ("customers", "link_statistics"),
    ),
)
# What is asked of the linked tables alone, in their order.
LINKED_PREDICATES = (*APPOINTMENT_PREDICATES, *CONVERSATION_PREDICATES)
PREDICATES = (*CUSTOMER_PREDICATES, *LINKED_PREDICATES, *LINK_PREDICATES)
# Of a database on its own, outside a run: nothing was planned, so nothing can be missing, and the
# application may write a customer's details as it likes.
VERIFIABLE = (
    *(
        predicate
        for predicate in CUSTOMER_PREDICATES
        if predicate.name not in ("customer_identifiers_valid", "customer_drift")
    ),
    *LINK_PREDICATES,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a predicate found: the number of offenders and a few of them, as columns and rows."""

    predicate: Predicate
    offenders: int
    columns: Sequence[str]
    sample: Sequence[Sequence[Any]]
    applicable: bool = True

    @property
    def holds(self) -> bool:
        """Whether there is no offender."""
        return self.offenders == 0

    def masked(self) -> Finding:
        """The same with personal details as they may be shown."""
        return replace(self, sample=masked_rows(self.columns, self.sample))

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON takes it."""
        return {
            "name": self.predicate.name,
            "holds": self.holds,
            "offenders": self.offenders,
            "applicable": self.applicable,
            "sample": [dict(zip(self.columns, row, strict=True)) for row in self.sample],
        }


def counted_sample(query: str) -> str:
    """The question of a few of the rows that a query selects, each beside their number."""
    return (
        f"SELECT *, COUNT(*) OVER () AS offenders_in_all FROM (\n{query}) AS offenders"
        f" LIMIT {SAMPLE_ROWS}"
    )


def finding_of(
    predicate: Predicate, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> Finding:
    """The finding in an answer to `counted_sample` of a predicate."""
    offenders = rows[0][-1] if rows else 0
    return Finding(predicate, offenders, columns[:-1], [row[:-1] for row in rows])


Execute = Callable[[str, Mapping[str, object]], Any]


def find_offenders(
    execute: Execute, query: str, parameters: Mapping[str, object]
) -> tuple[int, list[str], list[tuple[Any, ...]]]:
    """The number, the columns and a few of the rows that a query selects."""
    cursor = execute(query, parameters)
    columns = [column[0] for column in cursor.description]
    sample = cursor.fetchmany(SAMPLE_ROWS)
    offenders = len(sample)
    if offenders == SAMPLE_ROWS:
        counted = f"SELECT COUNT(*) FROM (\n{query}) AS offenders"
        offenders = execute(counted, parameters).fetchone()[0]
    return offenders, columns, sample


def evaluate(
    execute: Execute,
    predicates: Iterable[Predicate],
    thresholds: GateThresholds,
    tables: Iterable[str],
) -> list[Finding]:
    """The findings of predicates on one database.

    `execute` runs a query with named parameters and returns a DB-API cursor; `tables` are the
    optional tables that the database has.
    """
    present = set(tables)
    limits = {
        "max_share": thresholds.max_customer_drift,
        "tolerance": thresholds.drift_tolerance,
    }
    findings = []
    for predicate in predicates:
        if predicate.requires and predicate.requires not in present:
            findings.append(Finding(predicate, 0, (), (), applicable=False))
            continue
        parameters = limits if predicate.thresholds else {}
        findings.append(Finding(predicate, *find_offenders(execute, predicate.sql, parameters)))
    return findings
