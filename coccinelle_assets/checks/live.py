"""Checks of live/customers: the migration plan's five queries and the predicates, read-only.

They hold nothing back, since what they look at is live already. Every number is metadata of its
own, so that it plots over time.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from coccinelle_assets.checks.results import check_result, result, warning_spec
from coccinelle_assets.live.verify import Verification, verify
from coccinelle_assets.predicates.predicate import VERIFIABLE
from coccinelle_assets.resources.failures import clear_failures
from coccinelle_assets.resources.live_database import LiveDatabase
from coccinelle_assets.resources.rules import GateThresholdsResource
from coccinelle_assets.settings import GateThresholds

LIVE = "live/customers"
DESCRIPTIONS = {
    "total_customers": "There are about as many customers as the last promotion left.",
    "customers_by_source": "Every customer came from somewhere.",
    "linked_appointments": "The share of appointments without a customer stays small.",
    "linked_conversations": "The share of conversations without a customer stays small.",
    "potential_duplicates": "No e-mail belongs to several customers of a tenant.",
}


@dg.multi_asset_check(
    specs=[
        *(warning_spec(LIVE, name, text) for name, text in DESCRIPTIONS.items()),
        *(warning_spec(LIVE, predicate.name, predicate.description) for predicate in VERIFIABLE),
    ],
    name="verification",
)
def verification(
    live_database: LiveDatabase, gate_thresholds: GateThresholdsResource
) -> Iterator[dg.AssetCheckResult]:
    """Ask the live database what the migration plan asks after a migration."""
    with clear_failures():
        found = verify(live_database.database)
        yield total_customers(found, gate_thresholds)
        yield customers_by_source(found)
        yield linked(found, "linked_appointments", gate_thresholds)
        yield linked(found, "linked_conversations", gate_thresholds)
        columns, rows = found.answers["potential_duplicates"]
        yield check_result(LIVE, "potential_duplicates", len(rows), columns, rows)
        for finding in found.findings:
            yield result(LIVE, finding)


def total_customers(found: Verification, thresholds: GateThresholds) -> dg.AssetCheckResult:
    """Fail when more customers are gone since the last promotion than a run might lose."""
    total = _only_row(found, "total_customers")["total_customers"]
    promoted = found.promoted_customers
    lost = max(promoted - total, 0)
    return check_result(
        LIVE,
        "total_customers",
        lost,
        (),
        (),
        passed=lost <= thresholds.drift_tolerance
        or lost <= thresholds.max_customer_drift * promoted,
        figures={"total_customers": total, "promoted_customers": promoted},
    )


def customers_by_source(found: Verification) -> dg.AssetCheckResult:
    """Warn of customers without a source; the number of each source is a figure."""
    columns, rows = found.answers["customers_by_source"]
    counts = {(source or "").strip(): count for source, count in rows}
    return check_result(
        LIVE,
        "customers_by_source",
        counts.get("", 0),
        columns,
        rows,
        severity=dg.AssetCheckSeverity.WARN,
        figures={f"from_{source}": count for source, count in counts.items() if source},
    )


def linked(found: Verification, name: str, thresholds: GateThresholds) -> dg.AssetCheckResult:
    """Warn when too many rows of a table have no customer."""
    row = _only_row(found, name)
    total, linked_rows = row[name.replace("linked", "total")], row["linked_to_customer"]
    unlinked = total - linked_rows
    share = unlinked / total if total else 0.0
    return check_result(
        LIVE,
        name,
        unlinked,
        (),
        (),
        passed=share <= thresholds.max_unlinked_share,
        severity=dg.AssetCheckSeverity.WARN,
        figures={
            **row,
            "unlinked_share": round(share, 4),
            "limit": thresholds.max_unlinked_share,
        },
    )


def _only_row(found: Verification, name: str) -> Mapping[str, Any]:
    columns, (row,) = found.answers[name]
    return dict(zip(columns, row, strict=True))
