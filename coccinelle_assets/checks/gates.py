"""The gates, in the order data flows, and what holds a promotion that runs without them."""

from collections.abc import Iterable, Sequence
from typing import cast

import dagster as dg

from coccinelle_assets.checks.contacts import contacts_gate
from coccinelle_assets.checks.customers import customers_gate
from coccinelle_assets.checks.identity import clusters_gate, identifiers_gate
from coccinelle_assets.checks.linkage import links_gate
from coccinelle_assets.errors import PromotionRefusedError
from coccinelle_assets.resources.rules import GateThresholdsResource
from coccinelle_assets.resources.warehouse import Warehouse

GATES = (contacts_gate, identifiers_gate, clusters_gate, customers_gate, links_gate)


def steps_of(context: dg.AssetExecutionContext) -> Sequence[str]:
    """The names of the steps that this run takes."""
    return context.run.step_keys_to_execute or [node.name for node in context.job_def.nodes]


def require_gates(
    context: dg.AssetExecutionContext, warehouse: Warehouse, gate_thresholds: GateThresholdsResource
) -> None:
    """Evaluate the gates when this run leaves any out: a promotion may be started on its own.

    Dagster holds the promotion by the gates of its own run only, and a backfill, a re-execution
    of the one step or an automation condition may select none. Raises PromotionRefusedError.
    """
    steps = steps_of(context)
    if all(gate.node_def.name in steps for gate in GATES):
        return
    resources = {"warehouse": warehouse, "gate_thresholds": gate_thresholds}
    for gate in GATES:
        needed = resources.keys() & gate.required_resource_keys
        failures = {
            str(result.check_name): int(
                cast(dg.IntMetadataValue, result.metadata["offenders"]).value or 0
            )
            for result in _evaluated(gate, {name: resources[name] for name in needed})
            if not result.passed and result.severity == dg.AssetCheckSeverity.ERROR
        }
        # A run that this gate held has left nothing for the later ones to look at.
        if failures:
            raise PromotionRefusedError(failures, "promotion alone")


def _evaluated(
    gate: dg.AssetChecksDefinition, resources: dict[str, object]
) -> Iterable[dg.AssetCheckResult]:
    """A gate called as the function that it decorates."""
    return cast(Iterable[dg.AssetCheckResult], gate(**resources))


def _offenders(result: dg.AssetCheckResult) -> int:
    return cast(dg.IntMetadataValue, result.metadata["offenders"]).value or 0
