"""Checks that hold a contraction back: it drops columns, so every link must stand for them."""

from collections.abc import Iterable

import dagster as dg
from pydantic import Field

from coccinelle_assets.checks.results import blocking_specs, check_result
from coccinelle_assets.live.contraction.contract import (
    CONTRACT_PREDICATES,
    evaluate_contract,
    is_let_pass,
    require_contractable,
)
from coccinelle_assets.resources.failures import clear_failures
from coccinelle_assets.resources.live_database import LiveDatabase

TRIGGERS = "live/statistics_triggers"


class ContractGateConfig(dg.Config):
    """What the gate of a contraction lets pass."""

    anonymous: bool = Field(
        default=False,
        description="Let rows without any identity pass: the contraction gives them customers.",
    )


@dg.multi_asset_check(specs=blocking_specs(TRIGGERS, CONTRACT_PREDICATES), name="contract_gate")
def contract_gate(
    config: ContractGateConfig, live_database: LiveDatabase
) -> Iterable[dg.AssetCheckResult]:
    """Ask the live database itself, before anything is rebuilt."""
    with clear_failures(), live_database.database.read() as live:
        findings = evaluate_contract(live, require_contractable(live, live_database.path))
    for finding in findings:
        yield check_result(
            TRIGGERS,
            finding.predicate.name,
            finding.offenders,
            finding.columns,
            finding.sample,
            passed=is_let_pass(finding, anonymous=config.anonymous),
        )
