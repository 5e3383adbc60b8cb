"""The settings that runs may be launched with, as resources: the launchpad shows each of them."""

from collections.abc import Sequence
from importlib.metadata import version

import dagster as dg
from pydantic import BaseModel

from coccinelle_assets.settings import GateThresholds, IdentityRules


class IdentityRulesResource(dg.ConfigurableResource, IdentityRules):
    """How records become customers."""


class GateThresholdsResource(dg.ConfigurableResource, GateThresholds):
    """What the asset checks let pass."""


def identity_text(rules: IdentityRules) -> str:
    """The rules of identity as one text."""
    return _json(IdentityRules, rules)


def _json(group: type[IdentityRules] | type[GateThresholds], values: BaseModel) -> str:
    # Validated anew: run config and settings write 50 and 50.0 for one limit.
    chosen = {name: getattr(values, name) for name in group.model_fields}
    return group.model_validate(chosen).model_dump_json()


def rules_text(rules: IdentityRules, thresholds: GateThresholds, tenants: Sequence[str]) -> str:
    """The settings that a run's result depends on, as one text."""
    chosen = [_json(IdentityRules, rules), _json(GateThresholds, thresholds)]
    return "\n".join([f"version={version('coccinelle-assets')}", *chosen, repr(sorted(tenants))])
