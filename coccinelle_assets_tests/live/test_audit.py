"""The audit: the promotion asks the predicates again, and rolls back what they refuse."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import dagster as dg
import pytest

from coccinelle_assets.definitions import build_defs
from coccinelle_assets.errors import PromotionRefusedError
from coccinelle_assets.live.promotion import audit
from coccinelle_assets.local_runs.instance import open_instance
from coccinelle_assets.predicates.predicate import PREDICATES, Finding, Predicate, evaluate
from coccinelle_assets.settings import load_settings
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import holds, live_customer
from coccinelle_assets_tests.pipeline import Pipeline

SPOILS = {
    "customer_tenants_exist": ["DELETE FROM tenants WHERE id = 't2'"],
    "links_lead_to_customers": ["UPDATE appointments SET customer_id = 'nobody' WHERE id = 'lone'"],
    # The first promotion gave the table the key that it lacked.
    "customer_ids_unique": [
        "DROP INDEX idx_customers_id",
        "INSERT INTO customers (id, tenant_id) SELECT id, tenant_id FROM customers"
        " WHERE email = 'jean@ex.fr'",
    ],
}


@pytest.mark.parametrize("name", SPOILS)
def test_the_promotion_alone_refuses_a_database_spoiled_since_the_checks(
    name: str, small: AppDatabase, run_history: Path, untouched: Callable[[], bool]
) -> None:
    # A customers table of the application's own making, which does not keep ids apart.
    small.execute("CREATE TABLE customers (id TEXT, tenant_id TEXT, email TEXT)")
    small.prospect("t2", first_name="Luc", last_name="Roux", email="luc@roux.fr")
    small.appointment(id="lone")
    warehouse = small.home / "warehouse.duckdb"
    warehouse.parent.mkdir(parents=True)
    first = Pipeline(small.path, str(warehouse))
    first.run()
    small.prospect(first_name="Max", last_name="Blanc", email="max@blanc.fr")
    first.resolve()
    first.warehouse.close()
    for statement in SPOILS[name]:
        small.execute(statement)
    assert untouched()
    settings = load_settings(database=small.path)
    job = dg.define_asset_job("alone", selection=dg.AssetSelection.assets("live/customers"))
    definitions = dg.Definitions.merge(build_defs(settings), dg.Definitions(jobs=[job]))
    shutil.copytree(run_history, settings.dagster_home)
    with open_instance(settings.dagster_home) as instance:
        result = definitions.resolve_job_def("alone").execute_in_process(
            instance=instance, raise_on_error=False, run_config={"loggers": {"progress": {}}}
        )
    assert not result.success
    failure = result.failure_data_for_node("promotion").user_failure_data
    assert failure.metadata["refused_by"].value == [name]
    assert "nothing was written" in failure.description
    assert untouched()


def test_a_duplicate_customer_made_since_the_plan_is_refused_by_name(
    app: AppDatabase, pipeline: Pipeline, untouched: Callable[[], bool]
) -> None:
    app.execute("CREATE TABLE customers (id TEXT, tenant_id TEXT, email TEXT, phone TEXT)")
    app.prospect(first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    pipeline.plan()
    live_customer(app, "one", email="same@ex.fr")
    live_customer(app, "two", email="same@ex.fr")
    assert untouched()
    with pytest.raises(PromotionRefusedError) as refusal:
        pipeline.publish()
    assert set(refusal.value.failures) == {"customer_emails_unique"}
    assert untouched()


def test_every_predicate_of_the_checks_is_asked_once(
    small: AppDatabase, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Predicate] = []

    def listed(execute: object, predicates: Iterable[Predicate], *others: object) -> list[Finding]:
        findings = evaluate(execute, predicates, *others)
        asked.extend(finding.predicate for finding in findings)
        return findings

    monkeypatch.setattr(audit, "evaluate", listed)
    pipeline.run()
    assert len(asked) == len(PREDICATES)
    assert set(asked) == set(PREDICATES)


def test_an_error_before_the_commit_rolls_everything_back(
    small: AppDatabase, pipeline: Pipeline, untouched: Callable[[], bool]
) -> None:
    pipeline.plan()
    assert untouched()

    def fail(publication: object) -> None:
        raise RuntimeError("the warehouse is full")

    with pytest.raises(RuntimeError, match="full"):
        pipeline.publish(fail)
    assert untouched()
    assert pipeline.publish().rows_written == 4
    assert holds(small.path)
