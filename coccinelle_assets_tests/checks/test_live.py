"""The verification of the live database as asset checks: each sees what it is there for."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg
import pytest

from coccinelle_assets.automation.jobs import VERIFY
from coccinelle_assets.checks.live import DESCRIPTIONS, verification
from coccinelle_assets.definitions import build_defs, build_resources
from coccinelle_assets.live.verify import QUERIES
from coccinelle_assets.predicates.predicate import VERIFIABLE
from coccinelle_assets.settings import load_settings
from coccinelle_assets_tests.database_state import database_state
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.pipeline import Pipeline

EXACT = {"drift_tolerance": 0, "max_customer_drift": 0.0, "max_unlinked_share": 0.5}


@pytest.fixture(scope="module")
def promoted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A promoted database: two customers, an appointment and a conversation each."""
    app = AppDatabase(tmp_path_factory.mktemp("promoted") / "app.db")
    for name in ("jean", "anne"):
        app.prospect(first_name=name, email=f"{name}@ex.fr", source="web")
        app.appointment(customer_email=f"{name}@ex.fr")
        app.conversation(customer_email=f"{name}@ex.fr")
    Pipeline(app.path).run()
    return app.path


@pytest.fixture
def live(promoted: Path, tmp_path: Path) -> AppDatabase:
    app = AppDatabase.__new__(AppDatabase)
    app.path, app.counter = Path(shutil.copy(promoted, tmp_path / "app.db")), 100
    return app


def verified(live: AppDatabase) -> dict[str, dg.AssetCheckResult]:
    resources = build_resources(load_settings(database=live.path, **EXACT))._asdict()
    needed = ("live_database", "gate_thresholds")
    results = verification(**{name: resources[name] for name in needed})
    return {result.check_name: result for result in results}


def figures(result: dg.AssetCheckResult) -> dict[str, object]:
    return {name: value.value for name, value in result.metadata.items()}


SPOILED = {
    "total_customers": ("DELETE FROM customers WHERE email = 'anne@ex.fr'", "ERROR"),
    "customers_by_source": ("UPDATE customers SET source = ' '", "WARN"),
    "linked_appointments": ("UPDATE appointments SET customer_id = NULL", "WARN"),
    "linked_conversations": ("UPDATE omni_conversations SET customer_id = NULL", "WARN"),
    "potential_duplicates": ("UPDATE customers SET email = 'jean@ex.fr'", "ERROR"),
    "customer_ids_unique": ("UPDATE customers SET id = NULL", "ERROR"),
    "customer_emails_unique": ("UPDATE customers SET email = 'jean@ex.fr'", "ERROR"),
    "customer_phones_unique": ("UPDATE customers SET phone = '+33611478293'", "ERROR"),
    "customer_tenants_exist": ("UPDATE customers SET tenant_id = 'gone'", "ERROR"),
    "identifiers_tie_one_customer": (
        "UPDATE customer_identifiers SET tenant_id = 't2' WHERE value = 'jean@ex.fr'",
        "ERROR",
    ),
    "links_lead_to_customers": ("UPDATE appointments SET customer_id = 'nobody'", "ERROR"),
    "statistics_match_links": ("UPDATE customers SET total_appointments = 7", "ERROR"),
}


def rebuild_without_constraints(live: AppDatabase) -> None:
    """As an older deployment has the table: nothing keeps e-mails apart."""
    live.execute("CREATE TABLE loose AS SELECT * FROM customers")
    live.execute("DROP TABLE customers")
    live.execute("ALTER TABLE loose RENAME TO customers")


@pytest.mark.parametrize("name", SPOILED)
def test_each_check_fails_on_what_it_is_there_for(name: str, live: AppDatabase) -> None:
    statement, severity = SPOILED[name]
    rebuild_without_constraints(live)
    assert verified(live)[name].passed
    live.execute(statement)
    result = verified(live)[name]
    assert not result.passed
    assert result.severity.value == severity
    assert figures(result)["offenders"] > 0


def test_the_plans_five_queries_and_every_predicate_are_checks() -> None:
    assert tuple(DESCRIPTIONS) == QUERIES
    names = {key.name for key in verification.check_keys}
    assert names == {*QUERIES, *(predicate.name for predicate in VERIFIABLE)} == set(SPOILED)


def test_the_job_verifies_only_writes_nothing_and_its_figures_are_numbers(
    live: AppDatabase,
) -> None:
    before = database_state(live.path)
    job = build_defs(load_settings(database=live.path, **EXACT)).resolve_job_def(VERIFY)
    result = job.execute_in_process()
    assert [node.name for node in job.nodes] == ["verification"]
    found = {item.check_name: figures(item) for item in result.get_asset_check_evaluations()}
    assert set(found) == set(SPOILED)
    assert found["total_customers"] == {
        "offenders": 0,
        "total_customers": 2,
        "promoted_customers": 2,
    }
    assert found["customers_by_source"]["from_web"] == 2
    assert found["linked_appointments"] == {
        "offenders": 0,
        "total_appointments": 2,
        "linked_to_customer": 2,
        "unlinked_share": 0.0,
        "limit": 0.5,
    }
    assert found["potential_duplicates"] == {"offenders": 0}
    assert database_state(live.path) == before


def test_verifying_what_was_never_promoted_says_to_migrate_first(app: AppDatabase) -> None:
    job = build_defs(load_settings(database=app.path)).resolve_job_def(VERIFY)
    result = job.execute_in_process(raise_on_error=False)
    (failure,) = (event for event in result.all_events if event.is_step_failure)
    assert "no customers to verify" in failure.step_failure_data.user_failure_data.description
