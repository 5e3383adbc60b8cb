"""The launchpad: what a run may be launched with is typed, described, and does what it says."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest

from coccinelle_assets.automation.jobs import MIGRATE
from coccinelle_assets.definitions import build_defs
from coccinelle_assets.resources.rules import rules_text
from coccinelle_assets.settings import GateThresholds, IdentityRules, load_settings
from coccinelle_assets_tests.databases import AppDatabase


def launchpad(**overrides: object) -> dict[str, Any]:
    """The fields of the migration's run config, nested as they are."""

    def fields(config_type: Any) -> dict[str, Any]:
        return config_type.fields if hasattr(config_type, "fields") else {}

    top = fields(
        build_defs(load_settings(**overrides))
        .resolve_job_def(MIGRATE)
        .run_config_schema.config_type
    )
    found = {
        name: fields(fields(field.config_type)["config"].config_type)
        for name, field in fields(top["resources"].config_type).items()
    }
    promotion = fields(top["ops"].config_type)["promotion"]
    return found | {"promotion": fields(fields(promotion.config_type)["config"].config_type)}


def test_region_thresholds_and_dry_run_are_described_and_have_the_settings_as_defaults() -> None:
    shown = launchpad(default_region="BE", max_unlinked_share=0.25)
    assert set(shown["identity_rules"]) == set(IdentityRules.model_fields)
    assert set(shown["gate_thresholds"]) == set(GateThresholds.model_fields)
    assert "dry_run" in shown["promotion"]
    for group in ("identity_rules", "gate_thresholds", "live_database", "promotion"):
        for name, field in shown[group].items():
            assert field.description, name
            assert not field.is_required, name
    assert shown["identity_rules"]["default_region"].default_value == "BE"
    assert shown["gate_thresholds"]["max_unlinked_share"].default_value == 0.25


def test_a_run_overrides_single_settings_and_keeps_the_others(app: AppDatabase) -> None:
    app.prospect(phone="0470 12 34 56")
    app.prospect(email="jean@ex.fr")
    before = app.path.read_bytes()
    settings = load_settings(database=app.path, max_unlinked_share=0, placeholders=["jean@ex.fr"])
    result = (
        build_defs(settings)
        .resolve_job_def(MIGRATE)
        .execute_in_process(
            run_config={
                "resources": {
                    "identity_rules": {"config": {"default_region": "BE"}},
                    "gate_thresholds": {"config": {"max_unlinked_share": 0.5}},
                },
                "ops": {"promotion": {"config": {"dry_run": True}}},
            }
        )
    )
    checks = {item.check_name: item for item in result.get_asset_check_evaluations()}
    assert checks["unlinked_share"].passed
    assert checks["unlinked_share"].metadata["limit"].value == 0.5
    # The Belgian number is one, and the settings' placeholder still is one: half are unlinked.
    assert checks["unlinked_share"].metadata["share"].value == 0.5
    (observed,) = (event for event in result.all_events if event.is_asset_observation)
    observation = observed.asset_observation_data.asset_observation
    assert observation.metadata["new_customers"].value == 1
    assert not result.asset_materializations_for_node("promotion")
    assert app.path.read_bytes() == before


def test_a_region_that_is_none_is_refused_when_the_run_is_launched(app: AppDatabase) -> None:
    app.prospect(phone="0470 12 34 56")
    before = app.path.read_bytes()
    with pytest.raises(dg.DagsterResourceFunctionError) as refused:
        build_defs(load_settings(database=app.path)).resolve_job_def(MIGRATE).execute_in_process(
            run_config={"resources": {"identity_rules": {"config": {"default_region": "XX"}}}}
        )
    assert "'XX' is no region" in str(refused.value.__cause__)
    assert app.path.read_bytes() == before


def test_settings_that_are_equal_are_one_text_however_they_were_written() -> None:
    texts = {
        rules_text(IdentityRules(default_region=region), GateThresholds(**thresholds), tenants)
        for region, thresholds, tenants in (
            ("FR", {}, ["b", "a"]),
            ("fr", {"min_name_similarity": 50}, ["a", "b"]),
            ("FR", {"min_name_similarity": 50.0}, ("a", "b")),
        )
    }
    assert len(texts) == 1
    assert rules_text(IdentityRules(), GateThresholds(drift_tolerance=7), ()) not in texts
