"""The settings that runs may be launched with, as resources: the launchpad shows each of them."""

from collections.abc import Sequence
from importlib.metadata import version

import dagster as dg

from coccinelle_assets.settings import GateThresholds, IdentityRules


class IdentityRulesResource(dg.ConfigurableResource, IdentityRules):
    """How records become customers."""


class GateThresholdsResource(dg.ConfigurableResource, GateThresholds):
    """What the asset checks let pass."""


def rules_text(rules: IdentityRules, thresholds: GateThresholds, tenants: Sequence[str]) -> str:
    """The settings that a run's result depends on, as one text."""
    # Validated anew: run config and settings write 50 and 50.0 for one limit.
    chosen = [
        group.model_validate(
            {name: getattr(values, name) for name in group.model_fields}
        ).model_dump_json()
        for group, values in ((IdentityRules, rules), (GateThresholds, thresholds))
    ]
    return "\n".join([f"version={version('coccinelle-assets')}", *chosen, repr(sorted(tenants))])
