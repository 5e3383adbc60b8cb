"""The schedules: on and off by settings, and skipped where there is nothing to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pytest

from coccinelle_assets.automation.schedules import build_schedules
from coccinelle_assets.definitions import build_defs, build_resources
from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.tenant_ranges import RECORDS_PER_SECOND
from coccinelle_assets.local_runs.run_job import RunOutcome
from coccinelle_assets.settings import load_settings
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import JEAN
from coccinelle_assets_tests.pipeline import Pipeline


def schedules(**overrides: object) -> dict[str, dg.ScheduleDefinition]:
    return {schedule.name: schedule for schedule in build_schedules(load_settings(**overrides))}


def tick(app: AppDatabase, name: str, **overrides: object) -> dg.RunRequest | str:
    """Evaluate a schedule: the run that it asks for, or why it is skipped."""
    data = evaluated(app, name, **overrides)
    return data.run_requests[0] if data.run_requests else data.skip_message


def requests(app: AppDatabase, name: str, **overrides: object) -> list[dg.RunRequest]:
    """Every run that a schedule asks for."""
    return list(evaluated(app, name, **overrides).run_requests)


def evaluated(app: AppDatabase, name: str, **overrides: object) -> Any:
    settings = load_settings(database=app.path, **overrides)
    schedule = next(s for s in build_schedules(settings) if s.name == name)
    built = build_resources(settings)._asdict()
    with dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        repository_def=build_defs(settings).get_repository_def(),
        resources={key: built[key] for key in schedule.required_resource_keys},
    ) as context:
        return schedule.evaluate_tick(context)


def test_verification_runs_every_hour_and_the_migration_waits_to_be_switched_on() -> None:
    plain = schedules()
    assert {name: schedule.default_status.value for name, schedule in plain.items()} == {
        "nightly_migration": "STOPPED",
        "hourly_verification": "RUNNING",
    }
    assert plain["hourly_verification"].cron_schedule == "0 * * * *"
    assert {s.execution_timezone for s in plain.values()} == {"Europe/Paris"}
    switched = schedules(
        migration_scheduled=True, verification_scheduled=False, migration_cron="15 2 * * 1-5"
    )
    assert switched["nightly_migration"].default_status == dg.DefaultScheduleStatus.RUNNING
    assert switched["nightly_migration"].cron_schedule == "15 2 * * 1-5"
    assert switched["hourly_verification"].default_status == dg.DefaultScheduleStatus.STOPPED


@pytest.mark.parametrize(
    ("setting", "value"), [("migration_cron", "every night"), ("schedule_timezone", "Paris")]
)
def test_a_cron_or_a_time_zone_that_is_none_is_named(setting: str, value: str) -> None:
    with pytest.raises(CoccinelleError, match=rf"{setting}.*COCCINELLE_{setting.upper()}.*{value}"):
        schedules(**{setting: value})


def test_the_verification_waits_for_a_first_promotion(app: AppDatabase) -> None:
    app.prospect(email="jean@ex.fr")
    assert "run migrate_customers first" in tick(app, "hourly_verification")
    # As the application's own migrations may make it, before there is anything to verify.
    app.execute(
        "CREATE TABLE customer_promotions (run_id TEXT PRIMARY KEY, promoted_at DATETIME DEFAULT"
        " CURRENT_TIMESTAMP, counts TEXT NOT NULL, checksums TEXT NOT NULL, tenants TEXT,"
        " schema_before TEXT, undone_at DATETIME)"
    )
    assert "run migrate_customers first" in tick(app, "hourly_verification")
    Pipeline(app.path).run()
    assert isinstance(tick(app, "hourly_verification"), dg.RunRequest)


def test_a_night_after_which_all_is_promoted_is_followed_by_nights_that_are_skipped(
    app: AppDatabase, migrate: Callable[..., RunOutcome]
) -> None:
    app.appointment(customer_phone=JEAN)
    request = tick(app, "nightly_migration")
    assert request.run_key == "2026-03-29T01:30:00+00:00"
    assert migrate().is_done
    assert "not written to since all of it was promoted" in tick(app, "nightly_migration")
    # Other rules would find other customers.
    assert isinstance(tick(app, "nightly_migration", default_region="BE"), dg.RunRequest)
    app.appointment(customer_phone=JEAN)
    assert isinstance(tick(app, "nightly_migration"), dg.RunRequest)


def test_a_night_by_tenant_ranges_asks_for_a_run_of_each(app: AppDatabase) -> None:
    for tenant in ("t1", "t2"):
        app.appointment(tenant_id=tenant, customer_phone=JEAN)
    whole = requests(app, "nightly_migration", max_lock_seconds=60)
    assert [(request.run_key, request.run_config) for request in whole] == [
        ("2026-03-29T01:30:00+00:00", {})
    ]
    parts = requests(app, "nightly_migration", max_lock_seconds=1 / RECORDS_PER_SECOND)
    assert [request.run_key for request in parts] == [
        "2026-03-29T01:30:00+00:00/1",
        "2026-03-29T01:30:00+00:00/2",
    ]
    configs = [request.run_config["ops"]["snapshot"]["config"] for request in parts]
    assert configs == [{"tenants": ["t1"]}, {"tenants": ["t2"]}]
