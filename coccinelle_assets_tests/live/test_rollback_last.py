"""Undoing the last promotion alone: it goes, what the application wrote since stays."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets_tests.changes import (
    JEAN,
    add_people,
    contracted,
    install,
    promote,
    rolled_back,
)
from coccinelle_assets_tests.database_state import database_state
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.live.deployments import (
    Deployment,
    Pair,
    Record,
    deployments,
    promoted,
    records,
    slow_examples,
)
from coccinelle_assets_tests.people import holds
from coccinelle_assets_tests.pipeline import Pipeline

# What tells of promotions, and when a row was written last.
OWN = {
    "customer_promotions",
    "customer_link_journal",
    "customer_row_journal",
    "customer_identifier_journal",
}


def state(app: AppDatabase) -> dict[str, list[tuple[bytes, ...]]]:
    # Counts are made anew: a customer that the application wrote without any has 0 afterwards.
    counted = ("total_appointments", "total_conversations", "updated_at")
    rows = database_state(app.path, ignore=(*counted, "merged_at")).rows
    return {table: values for table, values in rows.items() if table not in OWN}


def assert_the_state_before_the_last_promotion_comes_back(
    deployment: Deployment, batches: list[list[Record]], triggers: bool
) -> bool:
    """Then everything is rolled back, which must know what the first undoing did."""
    receipts = "SELECT count(*) FROM customer_promotions"
    with tempfile.TemporaryDirectory() as directory:
        pair = Pair(Path(directory), deployment)
        app = pair.app
        pipeline = Pipeline(app.path)
        undoable = False
        for batch in batches:
            pair.write(batch)
            before, objects = state(app), database_state(app.path).objects
            standing = pipeline.runs and app.rows(receipts)
            if not promoted(pipeline):
                undoable = False
                break
            undoable = bool(standing) and app.rows(receipts) != standing
            if triggers:
                install(app)
        pipeline.warehouse.close()
        if undoable:
            done = rolled_back(app, to_previous=True)
            assert (done.undone, done.left) == ("promotion", [])
            assert state(app) == before
            assert database_state(app.path).objects == objects
            assert holds(app.path)
            with pytest.raises(
                CoccinelleError, match=r"undo log of promotion .* is gone|first one"
            ):
                rolled_back(app, to_previous=True)
            assert rolled_back(app).left == []
            pair.assert_same()
        return undoable


@pytest.mark.parametrize(
    "examples", [3, pytest.param(40, marks=pytest.mark.fault)], ids=["few", "many"]
)
def test_the_state_before_the_last_promotion_comes_back(examples: int) -> None:
    undone = []

    @slow_examples(examples)
    @given(
        deployment=deployments,
        batches=st.lists(records, min_size=2, max_size=3),
        triggers=st.booleans(),
    )
    def check(deployment: Deployment, batches: list[list[Record]], triggers: bool) -> None:
        undone.append(
            assert_the_state_before_the_last_promotion_comes_back(deployment, batches, triggers)
        )

    check()
    assert sum(undone) > examples / 2


@dataclass(frozen=True)
class Twice:
    """A database promoted twice, its state in between, and the ids of its people.

    The second promotion merged Anne into Jean, gave Marc a name and a phone, and created Zoé.
    """

    path: Path
    between: dict[str, list[tuple[bytes, ...]]]
    people: dict[str, str]


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Twice:
    app = AppDatabase(tmp_path_factory.mktemp("twice") / "app.db")
    add_people(app)
    app.appointment(id="m1", customer_email="marc@ex.fr")
    pipeline = Pipeline(app.path, str(app.path.with_name("warehouse.duckdb")))
    pipeline.run()
    install(app)
    people = {"jean": "v1", "anne": "w1", "marc": "m1"}
    ids = {name: app.links()[record] for name, record in people.items()}
    app.prospect(id="marc", first_name="Marc", last_name="Petit", phone="06 77 88 90 12")
    app.execute("UPDATE prospects SET email = 'marc@ex.fr' WHERE id = 'marc'")
    app.appointment(id="z1", customer_name="Zoé Blanc", customer_email="zoe@ex.fr")
    app.appointment(id="both", customer_email="anne@lilas.fr", customer_phone=JEAN)
    between = state(app)
    counts = pipeline.run().counts
    pipeline.warehouse.close()
    assert (counts["new_customers"], counts["merged_customers"]) == (1, 1)
    ids["zoe"] = app.links()["z1"]
    assert app.links()["w1"] == ids["jean"]
    return Twice(app.path, between, ids)


@pytest.fixture
def live(twice: Twice, app: AppDatabase) -> AppDatabase:
    """A copy of the database that was promoted twice."""
    shutil.copyfile(twice.path, app.path)
    app.counter = 100
    return app


def test_merged_customers_come_back_with_their_links_and_created_ones_go(
    twice: Twice, live: AppDatabase
) -> None:
    done = rolled_back(live, to_previous=True)
    assert (done.undone, done.run_id, done.left) == ("promotion", "run-0002", [])
    assert done.counts == {
        "appointments_links_restored": 2,
        "omni_conversations_links_restored": 1,
        "customers_removed": 1,
        "customers_restored": 2,
        "customers_returned": 1,
    }
    assert state(live) == twice.between
    assert live.links()["w1"] == twice.people["anne"]
    assert live.rows("SELECT * FROM customer_merges") == []
    undone = "SELECT run_id, undone_at IS NOT NULL FROM customer_promotions"
    assert live.rows(undone) == [("run-0001", 0), ("run-0002", 1)]
    assert holds(live.path)


def edit_marc(app: AppDatabase, people: dict[str, str]) -> set[tuple[str, str, str]]:
    app.execute("UPDATE customers SET last_name = 'Grand' WHERE id = ?", (people["marc"],))
    return {("customers", people["marc"], "changed")}


def edit_only_the_case_of_a_name(
    app: AppDatabase, people: dict[str, str]
) -> set[tuple[str, str, str]]:
    app.execute("UPDATE customers SET last_name = 'PETIT' WHERE id = ?", (people["marc"],))
    return {("customers", people["marc"], "changed")}


def delete_marc(app: AppDatabase, people: dict[str, str]) -> set[tuple[str, str, str]]:
    app.execute("DELETE FROM appointments WHERE id = 'm1'")
    app.execute("DELETE FROM customers WHERE id = ?", (people["marc"],))
    return {("customers", people["marc"], "deleted")}


def move_a_link(app: AppDatabase, people: dict[str, str]) -> set[tuple[str, str, str]]:
    app.execute("UPDATE appointments SET customer_id = ? WHERE id = 'z1'", (people["marc"],))
    return {("appointments", "z1", "changed")}


def delete_a_record(app: AppDatabase, people: dict[str, str]) -> set[tuple[str, str, str]]:
    app.execute("DELETE FROM omni_conversations WHERE id = 'w1'")
    return {("omni_conversations", "w1", "deleted")}


def use_a_new_customer(app: AppDatabase, people: dict[str, str]) -> set[tuple[str, str, str]]:
    app.appointment(id="z2", customer_id=people["zoe"])
    return {("customers", people["zoe"], "in_use")}


def use_it_in_a_table_of_its_own(
    app: AppDatabase, people: dict[str, str]
) -> set[tuple[str, str, str]]:
    app.execute("CREATE TABLE invoices (id TEXT, buyer TEXT REFERENCES customers (id))")
    app.insert("invoices", {"id": "i1", "buyer": people["zoe"]})
    return {("customers", people["zoe"], "in_use")}


def take_an_email(app: AppDatabase, people: dict[str, str]) -> set[tuple[str, str, str]]:
    app.insert("customers", {"id": "other", "tenant_id": "t1", "email": "anne@lilas.fr"})
    taken = "identifier_taken"
    return {("customers", people["anne"], taken), ("omni_conversations", "w1", taken)}


SINCE: tuple[Callable[[AppDatabase, dict[str, str]], set[tuple[str, str, str]]], ...] = (
    edit_marc,
    edit_only_the_case_of_a_name,
    delete_marc,
    move_a_link,
    delete_a_record,
    use_a_new_customer,
    use_it_in_a_table_of_its_own,
    take_an_email,
)


@pytest.mark.parametrize("since", SINCE, ids=lambda since: since.__name__)
def test_what_the_application_changed_since_is_left_and_listed_with_its_reason(
    since: Callable[[AppDatabase, dict[str, str]], set[tuple[str, str, str]]],
    twice: Twice,
    live: AppDatabase,
) -> None:
    expected = since(live, twice.people)
    touched = {record_id for _, record_id, _ in expected}
    written = {row["id"]: row for row in live.customers() if row["id"] in touched}
    links = {key: value for key, value in live.links().items() if key in touched}
    done = rolled_back(live, to_previous=True)
    assert {(row.table, row.record_id, row.reason) for row in done.left} == expected
    counted = ("total_appointments", "total_conversations", "last_contact_at", "updated_at")
    for row in live.customers():
        if row["id"] in written:
            assert {**row, **dict.fromkeys(counted)} == {
                **written[row["id"]],
                **dict.fromkeys(counted),
            }
    assert {key: value for key, value in live.links().items() if key in touched} == links
    assert holds(live.path)
    assert live.rows("PRAGMA foreign_key_check") == []
    if ("customers", twice.people["anne"], "identifier_taken") in expected:
        merged = "SELECT customer_id FROM customer_merges WHERE merged_id = ?"
        assert live.rows(merged, (twice.people["anne"],)) == [(twice.people["jean"],)]
    else:
        assert twice.people["anne"] in {row["id"] for row in live.customers()}


def test_after_an_undoing_the_next_run_promotes_again(twice: Twice, live: AppDatabase) -> None:
    after = state(live)
    rolled_back(live, to_previous=True)
    warehouse = shutil.copyfile(twice.path.with_name("warehouse.duckdb"), live.path.with_name("w"))
    pipeline = Pipeline(live.path, str(warehouse))
    pipeline.runs = 2
    pipeline.run()
    pipeline.warehouse.close()
    assert state(live) == after
    assert live.links()["z1"] == twice.people["zoe"]
    assert holds(live.path)
    assert rolled_back(live, to_previous=True).run_id == "run-0003"
    assert state(live) == twice.between


def test_a_contraction_that_came_last_is_what_is_undone(live: AppDatabase) -> None:
    before = state(live)
    contracted(live)
    assert rolled_back(live, to_previous=True).undone == "contraction"
    assert state(live) == before
    assert rolled_back(live, to_previous=True).undone == "promotion"


def test_the_first_promotion_is_not_undone_by_itself(app: AppDatabase) -> None:
    with pytest.raises(CoccinelleError, match="has no promotion: there is nothing to roll back"):
        rolled_back(app, to_previous=True)
    add_people(app)
    promote(app)
    content = app.path.read_bytes()
    with pytest.raises(CoccinelleError, match=r"stands is the first one: `coccinelle rollback"):
        rolled_back(app, to_previous=True)
    assert app.path.read_bytes() == content


def test_without_its_undo_log_a_promotion_is_not_undone(live: AppDatabase) -> None:
    live.execute("DELETE FROM customer_link_journal")
    live.execute("DELETE FROM customer_row_journal")
    content = live.path.read_bytes()
    with pytest.raises(CoccinelleError, match="undo log of promotion run-0002 is gone"):
        rolled_back(live, to_previous=True)
    assert live.path.read_bytes() == content
