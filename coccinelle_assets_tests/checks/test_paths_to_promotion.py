"""No path leads past a failed gate: whatever starts the promotion, and whatever it leaves out."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from click.testing import CliRunner
from dagster._cli.asset import asset_materialize_command

from coccinelle_assets.automation.jobs import PROMOTE
from coccinelle_assets.definitions import build_defs
from coccinelle_assets.local_runs.instance import open_instance
from coccinelle_assets.settings import load_settings
from coccinelle_assets_tests.checks.spoils import BLOCKING, LENIENT, PROMOTED
from coccinelle_assets_tests.databases import AppDatabase

pytestmark = pytest.mark.paths
# One failing check of each gate.
FAILING = (
    "contacts_complete",
    "identifiers_judged_once",
    "clusters_within_tenant",
    "customer_identifiers_valid",
    "records_accounted_for",
)


def spoil(directory: Path, name: str) -> None:
    with duckdb.connect(
        str(directory / ".coccinelle" / "app.db" / "warehouse.duckdb")
    ) as warehouse:
        warehouse.execute(BLOCKING[name].statement)


def definitions_of(directory: Path) -> dg.Definitions:
    return build_defs(load_settings(database=directory / "app.db", **LENIENT))


def promoted(result: dg.ExecuteInProcessResult) -> bool:
    return bool(result.asset_materializations_for_node("promotion"))


def reasons(result: dg.ExecuteInProcessResult) -> str:
    failures = (event for event in result.all_events if event.is_step_failure)
    return " ".join(
        event.step_failure_data.user_failure_data.description
        for event in failures
        if event.step_failure_data.user_failure_data
    )


@pytest.mark.parametrize("name", FAILING)
def test_promote_customers_evaluates_every_gate_again(name: str, directory: Path) -> None:
    before = (directory / "app.db").read_bytes()
    spoil(directory, name)
    job = definitions_of(directory).resolve_job_def(PROMOTE)
    result = job.execute_in_process(raise_on_error=False)
    failed = {item.check_name for item in result.get_asset_check_evaluations() if not item.passed}
    assert failed == {name} | BLOCKING[name].also
    assert not promoted(result)
    assert (directory / "app.db").read_bytes() == before


def test_promote_customers_promotes_what_the_last_run_resolved(directory: Path) -> None:
    before = (directory / "app.db").read_bytes()
    job = definitions_of(directory).resolve_job_def(PROMOTE)
    result = job.execute_in_process(raise_on_error=False)
    assert result.success
    assert promoted(result)
    assert (directory / "app.db").read_bytes() != before


@pytest.mark.parametrize("name", FAILING)
def test_the_promotion_alone_evaluates_the_gates_itself(name: str, directory: Path) -> None:
    """As a backfill, or "materialize selected" in the UI, starts it."""
    before = (directory / "app.db").read_bytes()
    spoil(directory, name)
    job = definitions_of(directory).resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(asset_selection=[PROMOTED], raise_on_error=False)
    assert name in reasons(result)
    assert not promoted(result)
    assert (directory / "app.db").read_bytes() == before


def test_a_gate_that_is_selected_beside_the_promotion_but_not_before_it_holds_it(
    directory: Path,
) -> None:
    spoil(directory, "contacts_complete")
    definitions = definitions_of(directory)
    gate = next(gate for gate in definitions.asset_checks if gate.node_def.name == "contacts_gate")
    promotion_alone = dg.AssetSelection.assets(PROMOTED).without_checks()
    job = dg.define_asset_job("beside", dg.AssetSelection.checks(gate) | promotion_alone)
    result = (
        dg.Definitions.merge(definitions, dg.Definitions(jobs=[job]))
        .resolve_job_def("beside")
        .execute_in_process(raise_on_error=False)
    )
    assert not promoted(result)
    assert "contacts_complete" in reasons(result)


def test_dagster_asset_materialize_of_the_promotion_is_refused(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (directory / "app.db").read_bytes()
    spoil(directory, "contacts_complete")
    monkeypatch.setenv("COCCINELLE_DATABASE", str(directory / "app.db"))
    arguments = ["--select", "live/customers", "-m", "coccinelle_assets_tests.fresh_definitions"]
    done = CliRunner().invoke(asset_materialize_command, arguments)
    assert done.exit_code == 1
    assert (directory / "app.db").read_bytes() == before
    assert "contacts_complete (1 rows)" in done.stderr


def reexecuted_job() -> dg.JobDefinition:
    """The migration job of the environment's settings, for a run in the way of the UI."""
    return build_defs().resolve_job_def("migrate_customers")


def test_executing_the_promotion_step_again_after_its_gate_held_it_is_refused(
    app: AppDatabase, run_history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.prospect("gone", first_name="Anne", last_name="Morel", email="anne@lilas.fr")
    before = app.path.read_bytes()
    monkeypatch.setenv("COCCINELLE_DATABASE", str(app.path))
    home = Path(shutil.copytree(run_history, tmp_path / "dagster"))
    with open_instance(home) as instance:
        job = dg.reconstructable(reexecuted_job)
        held = dg.execute_job(job, instance)
        assert not held.success
        options = dg.ReexecutionOptions(held.run_id, step_selection=["promotion"])
        again = dg.execute_job(job, instance, reexecution_options=options)
        assert not again.success
        (failure,) = again.get_step_failure_events()
        assert "record_tenants_exist" in failure.step_failure_data.user_failure_data.description
    assert app.path.read_bytes() == before


CONDITIONS = {
    "eager": dg.AutomationCondition.eager(),
    "eager and unblocked": dg.AutomationCondition.eager()
    & dg.AutomationCondition.all_deps_blocking_checks_passed(),
}


# Dagster's own test helper uses what Dagster calls beta.
@pytest.mark.filterwarnings("ignore::dagster.BetaWarning")
@pytest.mark.parametrize("name", CONDITIONS)
def test_an_automation_condition_promotes_nothing_past_a_failed_gate(
    name: str, app: AppDatabase
) -> None:
    """With the bare condition Dagster asks for the promotion, and the promotion refuses."""
    app.execute("ALTER TABLE appointments ADD COLUMN customer_id TEXT")
    app.execute("CREATE TABLE customers (id TEXT PRIMARY KEY, tenant_id TEXT)")
    app.insert("customers", {"id": "vip", "tenant_id": "t1"})
    app.appointment(customer_id="vip")
    app.appointment(customer_id="nobody")
    before = app.path.read_bytes()
    settings = load_settings(database=app.path)
    built = build_defs(settings)
    assets = [
        asset.map_asset_specs(
            lambda spec: spec.replace_attributes(automation_condition=CONDITIONS[name])
        )
        if PROMOTED in asset.keys
        else asset
        for asset in built.assets
    ]
    definitions = dg.Definitions(
        assets, asset_checks=built.asset_checks, resources=built.resources, executor=built.executor
    )
    with dg.DagsterInstance.ephemeral() as instance:
        asked = dg.evaluate_automation_conditions(definitions, instance)
        job = definitions.resolve_implicit_global_asset_job_def()
        everything_else = dg.AssetSelection.all() - dg.AssetSelection.assets(PROMOTED)
        upstream = everything_else.resolve(definitions.resolve_asset_graph())
        job.execute_in_process(
            instance=instance, asset_selection=sorted(upstream), raise_on_error=False
        )
        asked = dg.evaluate_automation_conditions(definitions, instance, cursor=asked.cursor)
        requested = bool(asked.get_num_requested(PROMOTED))
        assert requested == (name == "eager")
        if requested:
            result = job.execute_in_process(
                instance=instance, asset_selection=[PROMOTED], raise_on_error=False
            )
            assert not promoted(result)
            assert "links_lead_to_customers" in reasons(result)
    assert app.path.read_bytes() == before
