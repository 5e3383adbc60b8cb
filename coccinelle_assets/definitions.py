"""The project's Definitions: read it like a table of contents."""

from __future__ import annotations

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
from coccinelle_assets.automation.jobs import (
    audit_customers,
    contract_customers,
    install_statistics_triggers,
    migrate_customers,
)
from coccinelle_assets.automation.progress import progress_logger
from coccinelle_assets.automation.rollback import rollback_customers
from coccinelle_assets.checks import contacts as contact_checks
from coccinelle_assets.checks import contract as contract_checks
from coccinelle_assets.checks import customers as customer_checks
from coccinelle_assets.checks import identity as identity_checks
from coccinelle_assets.checks import linkage as linkage_checks
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


def build_resources(settings: Settings) -> dict[str, dg.ConfigurableResource]:
    """The resources that a set of settings describes."""
    home = settings.home_directory
    return {
        "warehouse": Warehouse(
            path=str(home / "warehouse.duckdb"),
            memory_limit_mb=settings.memory_limit_mb,
            busy_timeout_seconds=settings.busy_timeout_seconds,
        ),
        "live_database": LiveDatabase(
            path=settings.location.spelling,
            home=str(home),
            d1_remote=settings.d1_remote,
            wrangler_dir=str(settings.wrangler_dir.absolute()),
            **settings.model_dump(include=set(PromotionOptions.model_fields)),
        ),
        "identity_rules": IdentityRulesResource(
            **settings.model_dump(include=set(IdentityRules.model_fields))
        ),
        "gate_thresholds": GateThresholdsResource(
            **settings.model_dump(include=set(GateThresholds.model_fields))
        ),
    }


def build_defs(settings: Settings | None = None) -> dg.Definitions:
    """Everything that Dagster sees, for the given settings or those of the environment."""
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
        asset_checks=[
            contact_checks.contacts_gate,
            identity_checks.identifiers_gate,
            identity_checks.clusters_gate,
            customer_checks.customers_gate,
            linkage_checks.links_gate,
            contract_checks.contract_gate,
        ],
        jobs=[
            migrate_customers,
            audit_customers,
            install_statistics_triggers,
            contract_customers,
            rollback_customers,
        ],
        resources=build_resources(settings or load_settings()),
        loggers={"console": dg.colored_console_logger, "progress": progress_logger},
        # One process: the steps share one DuckDB file, and ten processes take ten start-ups.
        executor=dg.in_process_executor,
    )


defs = build_defs()
