"""The schedules: a nightly migration and an hourly verification, where settings say so."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster._utils.schedules import is_valid_cron_schedule

from coccinelle_assets.automation.jobs import migrate_customers, verify_live_customers
from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.history import is_promoted
from coccinelle_assets.live.tenant_ranges import ranges_of
from coccinelle_assets.resources.live_database import LiveDatabase
from coccinelle_assets.resources.rules import (
    GateThresholdsResource,
    IdentityRulesResource,
    rules_text,
)
from coccinelle_assets.settings import ScheduleOptions


def build_schedules(options: ScheduleOptions) -> list[dg.ScheduleDefinition]:
    """The schedules that the options describe; either can be switched in the UI, too."""

    @dg.schedule(
        job=migrate_customers,
        name="nightly_migration",
        cron_schedule=_cron("migration_cron", options.migration_cron),
        execution_timezone=options.schedule_timezone,
        default_status=_status(options.migration_scheduled),
        description="Migrate what is new; skipped while nobody wrote to the live database.",
    )
    def nightly_migration(
        context: dg.ScheduleEvaluationContext,
        live_database: LiveDatabase,
        identity_rules: IdentityRulesResource,
        gate_thresholds: GateThresholdsResource,
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        if live_database.is_clean(rules_text(identity_rules, gate_thresholds, ())):
            yield dg.SkipReason(
                f"{live_database.path} was not written to since all of it was promoted."
            )
        else:
            for number, config in enumerate(_run_configs(live_database), start=1):
                suffix = f"/{number}" if config else ""
                yield dg.RunRequest(run_key=_run_key(context) + suffix, run_config=config)

    @dg.schedule(
        job=verify_live_customers,
        name="hourly_verification",
        cron_schedule=_cron("verification_cron", options.verification_cron),
        execution_timezone=options.schedule_timezone,
        default_status=_status(options.verification_scheduled),
        description="Verify the live database; skipped until a first promotion.",
    )
    def hourly_verification(
        context: dg.ScheduleEvaluationContext, live_database: LiveDatabase
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        if is_promoted(live_database.database):
            yield dg.RunRequest(run_key=_run_key(context))
        else:
            yield dg.SkipReason(
                f"{live_database.path} has no promoted customers: run migrate_customers first."
            )

    return [nightly_migration, hourly_verification]


def _run_configs(live_database: LiveDatabase) -> list[dict[str, Any]]:
    """One run of everything, or one for each range of tenants, which wait for one another."""
    if live_database.max_lock_seconds is None:
        return [{}]
    ranges = ranges_of(live_database.database, live_database.max_lock_seconds)
    if ranges.are_one:
        return [{}]
    configs = [{"tenants": list(taken.tenants)} for taken in ranges]
    return [{"ops": {"snapshot": {"config": config}}} for config in configs]


def _run_key(context: dg.ScheduleEvaluationContext) -> str:
    """One run for each tick, however often a restarted daemon evaluates it."""
    return context.scheduled_execution_time.isoformat()


def _status(running: bool) -> dg.DefaultScheduleStatus:
    return dg.DefaultScheduleStatus.RUNNING if running else dg.DefaultScheduleStatus.STOPPED


def _cron(setting: str, expression: str) -> str:
    if not is_valid_cron_schedule(expression):
        raise CoccinelleError(
            f"setting {setting} (COCCINELLE_{setting.upper()}): {expression!r} is no cron "
            'expression; use one such as "0 3 * * *"'
        )
    return expression
