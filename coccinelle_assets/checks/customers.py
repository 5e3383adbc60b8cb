"""Checks of ssot/customers: the shared predicates, before anything is written."""

from collections.abc import Iterable

import dagster as dg

from coccinelle_assets.checks.results import blocking_specs, gate_results
from coccinelle_assets.live.gate import write_customer_views
from coccinelle_assets.live.predicates import CUSTOMER_PREDICATES
from coccinelle_assets.resources.rules import GateThresholdsResource
from coccinelle_assets.resources.warehouse import Warehouse

CUSTOMERS = "ssot/customers"


@dg.multi_asset_check(specs=blocking_specs(CUSTOMERS, CUSTOMER_PREDICATES), name="customers_gate")
def customers_gate(
    warehouse: Warehouse, gate_thresholds: GateThresholdsResource
) -> Iterable[dg.AssetCheckResult]:
    """Hold back a customer set with duplicates, strays or a suspicious size."""
    with warehouse.connect() as connection:
        write_customer_views(connection)
        yield from gate_results(connection, CUSTOMERS, CUSTOMER_PREDICATES, gate_thresholds)
