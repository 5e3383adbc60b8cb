"""The settings that runs may be launched with, as resources: the launchpad shows each of them."""

import dagster as dg

from coccinelle_assets.settings import GateThresholds, IdentityRules


class IdentityRulesResource(dg.ConfigurableResource, IdentityRules):
    """How records become customers."""


class GateThresholdsResource(dg.ConfigurableResource, GateThresholds):
    """What the asset checks let pass."""
