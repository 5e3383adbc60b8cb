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
    groups = (
        (IdentityRules, rules),
        (GateThresholds, thresholds),
    )
    chosen = [
        f"{name}={getattr(values, name)!r}"
        for group, values in groups
        for name in sorted(group.model_fields)
    ]
    return "\n".join([f"version={version('coccinelle-assets')}", *chosen, repr(sorted(tenants))])
