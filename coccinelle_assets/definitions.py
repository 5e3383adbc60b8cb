"""The project's Definitions: read it like a table of contents."""

from __future__ import annotations

from typing import NamedTuple

import dagster as dg

from coccinelle_assets.assets import (
    contacts,
    contract,
    customers,
    identity,
    linkage,
    promotion,
    sources,
    triggers,
)
from coccinelle_assets.automation.jobs import JOBS
from coccinelle_assets.automation.progress import progress_logger
from coccinelle_assets.automation.schedules import build_schedules
from coccinelle_assets.automation.sensors import build_sensors
from coccinelle_assets.checks.contract import contract_gate
from coccinelle_assets.checks.gates import GATES
from coccinelle_assets.checks.live import verification
from coccinelle_assets.resources.live_database import LiveDatabase
from coccinelle_assets.resources.rules import GateThresholdsResource, IdentityRulesResource
from coccinelle_assets.resources.warehouse import Warehouse
from coccinelle_assets.settings import (
    GateThresholds,
    IdentityRules,
    PromotionOptions,
    Settings,
    load_settings,
)
from coccinelle_assets.warehouse.file import WAREHOUSE


class Resources(NamedTuple):
    """What assets and checks reach outside with, by the names that they ask for it by."""

    warehouse: Warehouse
    live_database: LiveDatabase
    identity_rules: IdentityRulesResource
    gate_thresholds: GateThresholdsResource


def build_resources(settings: Settings) -> Resources:
    """The resources that a set of settings describes."""
    home = settings.home_directory
    return Resources(
        warehouse=Warehouse(
            path=str(home / WAREHOUSE),
            database=settings.location.spelling,
            memory_limit_mb=settings.warehouse_memory_mb,
            busy_timeout_seconds=settings.busy_timeout_seconds,
        ),
        live_database=LiveDatabase(
            path=settings.location.spelling,
            home=str(home),
            d1_remote=settings.d1_remote,
            d1_env=settings.d1_env,
            **{
                name: str(path.absolute())
                for name in ("wrangler_dir", "d1_config", "d1_persist_to")
                if (path := getattr(settings, name)) is not None
            },
            **settings.model_dump(include=set(PromotionOptions.model_fields)),
        ),
        identity_rules=IdentityRulesResource(
            **settings.model_dump(include=set(IdentityRules.model_fields))
        ),
        gate_thresholds=GateThresholdsResource(
            **settings.model_dump(include=set(GateThresholds.model_fields))
        ),
    )


def launchable(resources: Resources) -> dict[str, object]:
    """The same resources, each of their values a default that a launched run may override alone.

    A resource that is passed as it is must be configured whole or not at all.
    """
    return {
        name: type(resource).configure_at_launch(**resource.model_dump())
        for name, resource in resources._asdict().items()
    }


def build_defs(settings: Settings | None = None) -> dg.Definitions:
    """Everything that Dagster sees, for the given settings or those of the environment."""
    settings = settings or load_settings()
    return dg.Definitions(
        assets=[
            sources.sources,
            contacts.contacts,
            identity.identifiers,
            identity.clusters,
            customers.customers,
            linkage.links,
            promotion.promotion,
            triggers.statistics_triggers,
            contract.contracted_tables,
        ],
        asset_checks=[*GATES, verification, contract_gate],
        jobs=JOBS,
        schedules=build_schedules(settings),
        sensors=build_sensors(settings),
        resources=launchable(build_resources(settings)),
        loggers={"console": dg.colored_console_logger, "progress": progress_logger},
        # One process: the steps share one DuckDB file, and ten processes take ten start-ups.
        executor=dg.in_process_executor,
    )


defs = build_defs()
