"""Checks of ssot/customers: the shared predicates, before anything is written."""

from collections.abc import Iterable

import dagster as dg
from duckdb import DuckDBPyConnection

from coccinelle_assets.checks.contacts import CONTACTS
from coccinelle_assets.checks.identity import CLUSTERS, IDENTIFIERS
from coccinelle_assets.checks.results import (
    blocking_specs,
    check_result,
    gate_results,
    listed,
    warning_spec,
)
from coccinelle_assets.predicates.predicate import CUSTOMER_PREDICATES
from coccinelle_assets.resources.failures import clear_failures
from coccinelle_assets.resources.rules import GateThresholdsResource
from coccinelle_assets.resources.warehouse import Warehouse
from coccinelle_assets.warehouse.preview import write_customer_views

CUSTOMERS = "ssot/customers"
# Changes of live customers that a person may want to look at: what each check counts.
CHANGES = {
    "customers_merged": ("Few live customers turn out to be one.", "ssot.customer_merges"),
    "customers_split": ("Few live customers turn out to be several.", "ssot.customer_splits"),
    "customers_recreated": (
        "No customer that the application deleted comes back.",
        "(SELECT d.customer_id, d.tenant_id FROM identity.deleted_customers AS d"
        " WHERE d.cluster_no IN (SELECT cluster_no FROM identity.members))",
    ),
}


@dg.multi_asset_check(
    specs=[
        *blocking_specs(CUSTOMERS, CUSTOMER_PREDICATES, after=(CONTACTS, IDENTIFIERS, CLUSTERS)),
        *(warning_spec(CUSTOMERS, name, says) for name, (says, _) in CHANGES.items()),
    ],
    name="customers_gate",
)
def customers_gate(
    warehouse: Warehouse, gate_thresholds: GateThresholdsResource
) -> Iterable[dg.AssetCheckResult]:
    """Hold back a customer set with duplicates, strays or a suspicious size."""
    with clear_failures(), warehouse.connect() as connection:
        write_customer_views(connection)
        yield from gate_results(connection, CUSTOMERS, CUSTOMER_PREDICATES, gate_thresholds)
        limits = {
            "customers_merged": gate_thresholds.max_merged_customers,
            "customers_split": gate_thresholds.max_split_customers,
            "customers_recreated": 0,
        }
        for name, limit in limits.items():
            yield changed_customers(connection, name, limit)


def changed_customers(connection: DuckDBPyConnection, name: str, limit: int) -> dg.AssetCheckResult:
    """Warn when more live customers change in one way than the limit."""
    changed, columns, sample = listed(connection, f"SELECT * FROM {CHANGES[name][1]}")
    return check_result(
        CUSTOMERS,
        name,
        changed,
        columns,
        sample,
        passed=changed <= limit,
        severity=dg.AssetCheckSeverity.WARN,
        figures={"limit": limit},
    )
