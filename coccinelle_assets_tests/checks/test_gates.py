"""The gates: each check sees what it guards against, and a blocking one holds the promotion."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from coccinelle_assets.automation.jobs import MIGRATE, VERIFICATION
from coccinelle_assets.definitions import build_defs
from coccinelle_assets.local_runs.run_job import RunOutcome
from coccinelle_assets.settings import load_settings
from coccinelle_assets_tests.checks.spoils import BLOCKING, LENIENT, PROMOTED, Spoil
from coccinelle_assets_tests.command_line import coccinelle
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import JEAN
from coccinelle_assets_tests.pipeline import Pipeline

WARNING = {"rejected_share", "unlinked_share", "clusters_small", "names_agree"}
EVERY_WARNING = Spoil(
    "UPDATE identity.contacts SET person = 'zoe quentin' WHERE source_id = 'a3'",
    settings={"max_rejected_share": 0, "max_unlinked_share": 0.01, "max_cluster_records": 2},
)


# Changes of live customers that are warned of: one of each, of customers that are not there.
CHANGED = Spoil(
    "INSERT INTO ssot.customer_merges BY NAME SELECT 'm' AS merged_id, 'n' AS customer_id;"
    "INSERT INTO ssot.customer_splits BY NAME SELECT 's' AS customer_id;"
    "INSERT INTO identity.deleted_customers BY NAME SELECT 'd' AS customer_id,"
    " (SELECT min(cluster_no) FROM identity.members) AS cluster_no",
    settings={"max_merged_customers": 0, "max_split_customers": 0},
)
CHANGES = {"customers_merged", "customers_split", "customers_recreated"}


def check_and_promote(
    directory: Path, name: str, spoil: Spoil
) -> tuple[dict[str, dg.AssetCheckEvaluation], bool]:
    """Spoil the warehouse, then run the gate that the check `name` is in and all that follows.

    Returns the evaluations by name, and whether the promotion went through.
    """
    with duckdb.connect(
        str(directory / ".coccinelle" / "app.db" / "warehouse.duckdb")
    ) as warehouse:
        warehouse.execute(spoil.statement)
    definitions = build_defs(
        load_settings(database=directory / "app.db", **(LENIENT | spoil.settings))
    )
    gate = next(
        gate for gate in definitions.asset_checks if name in {key.name for key in gate.check_keys}
    )
    guarded = {key.asset_key for key in gate.check_keys}
    following = dg.AssetSelection.assets(*guarded).downstream() - dg.AssetSelection.assets(*guarded)
    following -= dg.AssetSelection.assets(PROMOTED).downstream(include_self=False)
    job = dg.define_asset_job(
        "gate_and_promotion",
        selection=dg.AssetSelection.checks(gate) | (following - VERIFICATION),
    )
    result = (
        dg.Definitions.merge(definitions, dg.Definitions(jobs=[job]))
        .resolve_job_def(job.name)
        .execute_in_process(raise_on_error=False, run_config={"loggers": {"progress": {}}})
    )
    evaluations = {item.check_name: item for item in result.get_asset_check_evaluations()}
    return evaluations, bool(result.asset_materializations_for_node("promotion"))


@pytest.mark.parametrize("name", BLOCKING)
def test_a_blocking_check_names_its_offenders_and_holds_the_promotion(
    name: str, directory: Path
) -> None:
    before = (directory / "app.db").read_bytes()
    evaluations, promoted = check_and_promote(directory, name, BLOCKING[name])
    failed = {check for check, evaluation in evaluations.items() if not evaluation.passed}
    assert failed == {name} | BLOCKING[name].also
    assert evaluations[name].severity == dg.AssetCheckSeverity.ERROR
    assert evaluations[name].metadata["offenders"].value == 1
    assert evaluations[name].metadata["sample"].value
    assert not promoted
    assert (directory / "app.db").read_bytes() == before
    assert {path.name for path in directory.iterdir()} == {"app.db", ".coccinelle"}


def test_warnings_are_seen_and_let_the_promotion_pass(directory: Path) -> None:
    before = (directory / "app.db").read_bytes()
    evaluations, promoted = check_and_promote(directory, "rejected_share", EVERY_WARNING)
    failed = {check for check, evaluation in evaluations.items() if not evaluation.passed}
    assert failed == WARNING
    for name in WARNING:
        assert evaluations[name].severity == dg.AssetCheckSeverity.WARN
        assert evaluations[name].metadata["offenders"].value > 0
    assert promoted
    assert (directory / "app.db").read_bytes() != before


def test_dates_that_nobody_can_read_are_shown_and_let_the_promotion_pass(directory: Path) -> None:
    spoiled = Spoil("UPDATE source.appointments SET created_at = 'demain' WHERE id = 'a3'")
    evaluations, promoted = check_and_promote(directory, "dates_readable", spoiled)
    unread = evaluations["dates_readable"]
    assert (unread.passed, unread.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert unread.metadata["offenders"].value == 1
    assert "demain" in str(unread.metadata["sample"].value)
    assert promoted


def test_changes_of_live_customers_are_warned_of_and_let_the_promotion_pass(
    directory: Path,
) -> None:
    evaluations, promoted = check_and_promote(directory, "customers_merged", CHANGED)
    failed = {check for check, evaluation in evaluations.items() if not evaluation.passed}
    assert failed == CHANGES
    for name in CHANGES:
        assert evaluations[name].severity == dg.AssetCheckSeverity.WARN
        assert evaluations[name].metadata["offenders"].value == 1
    assert promoted


def test_gates_that_find_nothing_let_the_promotion_write(directory: Path) -> None:
    before = (directory / "app.db").read_bytes()
    evaluations, promoted = check_and_promote(directory, "record_ids_unique", Spoil())
    assert set(evaluations) == set(BLOCKING) | WARNING | CHANGES | {"dates_readable"}
    assert all(evaluation.passed for evaluation in evaluations.values())
    assert promoted
    assert (directory / "app.db").read_bytes() != before


def test_samples_of_offenders_show_no_personal_details(directory: Path) -> None:
    name = "customer_phones_unique"
    evaluations, _ = check_and_promote(directory, name, BLOCKING[name])
    shown = str(evaluations[name].metadata["sample"].value)
    assert "+33***93" in shown
    assert JEAN not in shown


# Through the whole job, where the source itself is at fault.


def without_primary_key(app: AppDatabase) -> None:
    """Prospects as an old deployment has them: nothing keeps ids apart."""
    app.execute("DROP TABLE prospects")
    app.execute(
        "CREATE TABLE prospects (id TEXT, tenant_id TEXT, first_name TEXT, last_name TEXT,"
        " email TEXT, phone TEXT, status TEXT, source TEXT, created_at TEXT, updated_at TEXT)"
    )


def test_two_prospects_under_one_id_hold_the_run(
    app: AppDatabase, migrate: Callable[..., RunOutcome], untouched: Callable[[], bool]
) -> None:
    without_primary_key(app)
    app.prospect(id="same", first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    app.prospect(id="same", first_name="Anne", last_name="Morel", email="anne@lilas.fr")
    assert untouched()
    outcome = migrate()
    assert "record_ids_unique" in outcome.refused
    assert not outcome.is_done
    assert untouched()


def test_a_record_of_an_unknown_tenant_holds_the_run_with_exit_code_3(
    app: AppDatabase, untouched: Callable[[], bool]
) -> None:
    app.prospect(first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    app.prospect("gone", first_name="Anne", last_name="Morel", email="anne@lilas.fr")
    assert untouched()
    report = app.path.parent / "report.html"
    done = coccinelle("migrate", app.path, "--json", "--report", report)
    assert done.returncode == 3
    assert "No report was written" in done.stderr
    assert not report.exists()
    assert done.json["status"] == "refused"
    assert done.json["refused_by"] == ["record_tenants_exist"]
    assert untouched()


def test_too_many_new_customers_hold_the_run_until_the_setting_lets_them_pass(
    app: AppDatabase, migrate: Callable[..., RunOutcome], untouched: Callable[[], bool]
) -> None:
    app.prospect(first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    app.prospect(first_name="Anne", last_name="Morel", email="anne@lilas.fr")
    Pipeline(app.path).run()
    app.prospect(first_name="Luc", last_name="Roux", email="luc@roux.fr")
    app.prospect(first_name="Eve", last_name="Petit", email="eve@petit.fr")
    assert untouched()
    outcome = migrate(drift_tolerance=1)
    assert outcome.refused == ["customer_drift"]
    assert untouched()
    assert migrate(drift_tolerance=1, max_customer_drift=1000.0).is_done
    assert len(app.customers()) == 4


# The Definitions themselves.


def asset_specs() -> dict[dg.AssetKey, dg.AssetSpec]:
    specs = build_defs().resolve_all_asset_specs()
    return {spec.key: spec for spec in specs}


def check_specs() -> dict[str, dg.AssetCheckSpec]:
    """The checks that stand before the promotion, by name."""
    graph = build_defs().resolve_asset_graph()
    return {key.name: graph.get_check_spec(key) for key in gate_keys(graph)}


def gate_keys(graph: Any) -> set[dg.AssetCheckKey]:
    upstream = graph.get_ancestor_asset_keys(PROMOTED)
    return {key for key in graph.asset_check_keys if key.asset_key in upstream}


def test_every_check_has_its_test_in_this_module() -> None:
    specs = check_specs()
    assert {name for name, spec in specs.items() if spec.blocking} == set(BLOCKING)
    assert {name for name, spec in specs.items() if not spec.blocking} == {
        "dates_readable",
        *WARNING,
        *CHANGES,
    }


def test_the_migration_job_runs_every_gate_along_with_the_promotion() -> None:
    definitions = build_defs()
    layer = definitions.resolve_job_def(MIGRATE).asset_layer
    graph = definitions.resolve_asset_graph()
    assert PROMOTED in layer.executable_asset_keys
    assert gate_keys(graph) == set(layer.asset_graph.asset_check_keys)


def test_every_blocking_check_stands_before_the_promotion_or_the_contraction() -> None:
    graph = build_defs().resolve_asset_graph()
    upstream = graph.get_ancestor_asset_keys(PROMOTED)
    contracted = graph.get_ancestor_asset_keys(dg.AssetKey(["live", "contracted_tables"]))
    blocking = {key for key in graph.asset_check_keys if graph.get_check_spec(key).blocking}
    assert blocking > gate_keys(graph) & blocking
    assert {key.asset_key for key in blocking} <= upstream | contracted


def test_every_asset_tells_what_it_is_and_who_owns_it() -> None:
    specs = asset_specs()
    assert PROMOTED in specs
    for key, spec in specs.items():
        name = key.to_user_string()
        assert spec.description, name
        assert spec.owners, name
        assert spec.kinds, name
        assert spec.group_name == key.path[0], name
        assert spec.metadata["dagster/column_schema"].columns, name
