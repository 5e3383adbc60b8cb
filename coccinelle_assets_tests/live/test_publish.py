"""Publishing: all or nothing, nothing but additions, and never against what was seen."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from coccinelle_assets.automation.run_history import open_instance
from coccinelle_assets.definitions import build_defs
from coccinelle_assets.errors import CoccinelleError, PromotionRefusedError
from coccinelle_assets.live.connect import open_live
from coccinelle_assets.live.merges import surviving_id
from coccinelle_assets.live.verify import verify
from coccinelle_assets.settings import load_settings
from coccinelle_assets_tests.databases import AppDatabase, dump
from coccinelle_assets_tests.pipeline import Pipeline

JEAN, ANNE, LUC = "+33611478293", "+33655443210", "+33677889012"


@pytest.fixture
def pipeline(app: AppDatabase) -> Pipeline:
    return Pipeline(app.path, busy_timeout_seconds=0.2)


@pytest.fixture
def small(app: AppDatabase) -> AppDatabase:
    """Jean and Anne, each with a prospect; Jean's appointment and Anne's conversation."""
    app.prospect(id="jean", first_name="Jean", last_name="Dupont", email="jean@ex.fr", phone=JEAN)
    app.prospect(id="anne", first_name="Anne", last_name="Morel", email="anne@lilas.fr")
    app.appointment(id="a1", customer_name="Jean Dupont", customer_phone="06 11 47 82 93")
    app.conversation(id="c1", customer_name="Anne Morel", customer_email="ANNE@lilas.fr")
    return app


def customer(app: AppDatabase, email: str) -> dict[str, Any]:
    return next(row for row in app.customers() if row["email"] == email)


def deferred(publication: Any) -> set[tuple[str, str, str]]:
    return {(d.source_table, d.record_id, d.reason) for d in publication.deferred}


def holds(path: Path) -> bool:
    """Whether the plan's verification holds of a database."""
    with open_live(path, 1) as live:
        return verify(live, str(path), load_settings(database=path)).holds


def live_customer(app: AppDatabase, customer_id: str, tenant: str = "t1", **values: Any) -> None:
    app.insert("customers", {"id": customer_id, "tenant_id": tenant} | values)


# The second lock.

SPOILS = {
    "customer_tenants_exist": "DELETE FROM tenants WHERE id = 't2'",
    "links_lead_to_customers": "UPDATE appointments SET customer_id = 'nobody' WHERE id = 'lone'",
    "customer_ids_unique": "INSERT INTO customers (id, tenant_id) SELECT id, tenant_id FROM"
    " customers WHERE email = 'jean@ex.fr'",
}


@pytest.mark.parametrize("name", SPOILS)
def test_the_promotion_alone_refuses_a_database_spoiled_since_the_checks(
    name: str, small: AppDatabase, untouched: Callable[[], bool]
) -> None:
    # A customers table of the application's own making, which does not keep ids apart.
    small.execute("CREATE TABLE customers (id TEXT, tenant_id TEXT, email TEXT)")
    small.prospect("t2", first_name="Luc", last_name="Roux", email="luc@roux.fr")
    small.appointment(id="lone")
    warehouse = small.path.parent / ".coccinelle" / "warehouse.duckdb"
    warehouse.parent.mkdir()
    first = Pipeline(small.path, str(warehouse))
    first.run()
    small.prospect(first_name="Max", last_name="Blanc", email="max@blanc.fr")
    first.resolve()
    first.warehouse.close()
    small.execute(SPOILS[name])
    assert untouched()
    settings = load_settings(database=small.path)
    job = dg.define_asset_job("alone", selection=dg.AssetSelection.assets("live/customers"))
    definitions = dg.Definitions.merge(build_defs(settings), dg.Definitions(jobs=[job]))
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


# Running twice.


def test_a_second_run_writes_no_row(small: AppDatabase, pipeline: Pipeline) -> None:
    pipeline.run()
    before = dump(small.path)
    assert pipeline.plan().is_empty
    assert pipeline.publish().rows_written == 0
    assert dump(small.path) == before


# Changes between the plan and the publication.


def test_rows_that_came_after_the_snapshot_wait_for_the_next_run(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.plan()
    small.appointment(id="late", customer_email="anne@lilas.fr")
    pipeline.publish()
    assert small.links()["late"] is None
    assert small.links()["a1"] is not None
    # The link, the statistics, and the tag of another source.
    assert pipeline.run().rows_written == 3
    assert small.links()["late"] == customer(small, "anne@lilas.fr")["id"]
    assert holds(small.path)


CHANGES = {
    "phone": ("UPDATE appointments SET customer_phone = '0688776655' WHERE id = ?", "changed"),
    "email": ("UPDATE appointments SET customer_email = 'other@ex.fr' WHERE id = ?", "changed"),
    "prospect": ("UPDATE appointments SET prospect_id = 'anne' WHERE id = ?", "changed"),
    "tenant": ("UPDATE appointments SET tenant_id = 't2' WHERE id = ?", "changed"),
    "gone": ("DELETE FROM appointments WHERE id = ?", "deleted"),
}


def test_rows_that_changed_since_the_snapshot_are_deferred_and_the_next_run_finishes(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    for record_id in CHANGES:
        small.appointment(id=record_id, customer_email="jean@ex.fr")
    pipeline.plan()
    for record_id, (change, _) in CHANGES.items():
        small.execute(change, (record_id,))
    publication = pipeline.publish()
    assert deferred(publication) == {
        ("appointments", record_id, reason) for record_id, (_, reason) in CHANGES.items()
    }
    links = small.links()
    assert {links.get(record_id) for record_id in CHANGES} == {None}
    assert links["a1"] == customer(small, "jean@ex.fr")["id"]
    assert links["c1"] == customer(small, "anne@lilas.fr")["id"]
    assert holds(small.path)
    pipeline.run()
    assert None not in small.links().values()
    assert pipeline.run().rows_written == 0
    assert holds(small.path)


def test_an_edit_of_what_identifies_nobody_does_not_defer_a_row(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.plan()
    small.execute("UPDATE appointments SET notes = 'rappeler' WHERE id = 'a1'")
    assert pipeline.publish().deferred == []
    assert small.links()["a1"] is not None


def test_a_customer_the_application_made_meanwhile_keeps_its_email(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run()
    small.appointment(id="a2", customer_email="luc@roux.fr", customer_name="Luc Roux")
    pipeline.plan()
    live_customer(small, "app-luc", email="luc@roux.fr", first_name="Lucien")
    publication = pipeline.publish()
    planned = next(d.record_id for d in publication.deferred if d.source_table == "customers")
    assert deferred(publication) == {
        ("customers", planned, "identifier_taken"),
        ("appointments", "a2", "customer_unavailable"),
    }
    assert small.links()["a2"] is None
    pipeline.run()
    assert small.links()["a2"] == "app-luc"
    assert customer(small, "luc@roux.fr")["first_name"] == "Lucien"
    assert holds(small.path)


def test_a_customer_edited_meanwhile_keeps_the_edit(small: AppDatabase, pipeline: Pipeline) -> None:
    pipeline.run()
    jean = customer(small, "jean@ex.fr")["id"]
    small.execute("UPDATE prospects SET first_name = 'Jean-Paul' WHERE id = 'jean'")
    pipeline.plan()
    small.execute("UPDATE customers SET first_name = 'Johnny' WHERE id = ?", (jean,))
    assert deferred(pipeline.publish()) == {("customers", jean, "changed")}
    assert customer(small, "jean@ex.fr")["first_name"] == "Johnny"
    pipeline.run()
    assert customer(small, "jean@ex.fr")["first_name"] == "Johnny"
    assert holds(small.path)


def test_a_customer_deleted_meanwhile_leaves_its_links_for_the_next_run(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run()
    anne = customer(small, "anne@lilas.fr")["id"]
    small.appointment(id="a2", customer_email="anne@lilas.fr")
    pipeline.plan()
    small.execute("UPDATE omni_conversations SET customer_id = NULL")
    small.execute("DELETE FROM customers WHERE id = ?", (anne,))
    assert ("appointments", "a2", "customer_unavailable") in deferred(pipeline.publish())
    assert small.links()["a2"] is None
    pipeline.run()
    assert small.links()["a2"] == small.links()["c1"] == customer(small, "anne@lilas.fr")["id"]
    assert holds(small.path)


# Merges and swaps.


def test_new_evidence_merges_live_customers_and_the_old_id_leads_on(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    small.appointment(id="a2", customer_phone=LUC, customer_name="Jean Dupont")
    pipeline.run()
    jean = customer(small, "jean@ex.fr")["id"]
    other = small.links()["a2"]
    assert other != jean
    small.conversation(id="c2", customer_email="jean@ex.fr", customer_phone=LUC)
    publication = pipeline.run()
    assert publication.counts["merged_customers"] == 1
    assert small.links()["a2"] == small.links()["c2"] == small.links()["a1"] == jean
    assert other not in {row["id"] for row in small.customers()}
    assert small.rows("SELECT merged_id, customer_id, tenant_id, reason FROM customer_merges") == [
        (other, jean, "t1", "shared evidence")
    ]
    with open_live(small.path, 1) as live:
        assert surviving_id(live, other) == jean
    assert customer(small, "jean@ex.fr")["total_appointments"] == 2
    assert holds(small.path)
    assert pipeline.run().rows_written == 0


def test_a_merge_of_a_survivor_takes_the_older_merges_along(
    app: AppDatabase, pipeline: Pipeline
) -> None:
    app.prospect(id="p1", email="a@ex.fr", first_name="Jean", last_name="Dupont")
    app.prospect(id="p2", email="b@ex.fr", first_name="Jean", last_name="Dupont")
    app.prospect(id="p3", email="c@ex.fr", first_name="Jean", last_name="Dupont")
    pipeline.run()
    ids = {row["email"][0]: row["id"] for row in app.customers()}
    for number, other in enumerate(("c@ex.fr", "a@ex.fr")):
        app.prospect(email="b@ex.fr", phone=(ANNE, LUC)[number])
        app.prospect(email=other, phone=(ANNE, LUC)[number])
        pipeline.run()
    assert [row["id"] for row in app.customers()] == [ids["a"]]
    assert app.rows("SELECT DISTINCT customer_id FROM customer_merges") == [(ids["a"],)]
    with open_live(app.path, 1) as live:
        assert surviving_id(live, ids["c"]) == ids["a"]


def test_two_live_customers_swap_their_phones_in_one_run(
    app: AppDatabase, pipeline: Pipeline
) -> None:
    app.prospect(id="jean", first_name="Jean", last_name="Dupont", email="jean@ex.fr", phone=JEAN)
    app.prospect(id="anne", first_name="Anne", last_name="Morel", email="anne@lilas.fr", phone=ANNE)
    pipeline.run()
    ids = {row["email"]: row["id"] for row in app.customers()}
    app.execute("UPDATE prospects SET phone = CASE id WHEN 'jean' THEN ? ELSE ? END", (ANNE, JEAN))
    pipeline.run()
    assert {row["email"]: row["id"] for row in app.customers()} == ids
    phones = {row["email"]: row["phone"] for row in app.customers()}
    assert phones == {"jean@ex.fr": ANNE, "anne@lilas.fr": JEAN}
    assert holds(app.path)
    assert pipeline.run().rows_written == 0


def test_a_merge_of_a_customer_another_table_refers_to_is_refused_with_its_name(
    small: AppDatabase, pipeline: Pipeline, untouched: Callable[[], bool]
) -> None:
    small.appointment(id="a2", customer_phone=LUC, customer_name="Jean Dupont")
    pipeline.run()
    small.execute("CREATE TABLE invoices (id TEXT, customer_id TEXT REFERENCES customers (id))")
    small.execute("INSERT INTO invoices VALUES ('i1', ?)", (small.links()["a2"],))
    small.conversation(id="c2", customer_email="jean@ex.fr", customer_phone=LUC)
    pipeline.plan()
    assert untouched()
    with pytest.raises(CoccinelleError, match="invoices"):
        pipeline.publish()
    assert untouched()


# Other writers.


def test_a_writer_that_stays_is_one_clear_error_and_nothing_is_written(
    small: AppDatabase, pipeline: Pipeline, untouched: Callable[[], bool]
) -> None:
    pipeline.plan()
    assert untouched()
    writer = sqlite3.connect(small.path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with pytest.raises(CoccinelleError, match=r"app\.db stayed locked for 0\.2 s"):
        pipeline.publish()
    writer.execute("ROLLBACK")
    writer.close()
    assert untouched()
    assert pipeline.publish().rows_written == 4


def test_a_reader_that_stays_keeps_the_commit_out_and_nothing_is_written(
    small: AppDatabase, pipeline: Pipeline, untouched: Callable[[], bool]
) -> None:
    pipeline.plan()
    assert untouched()
    reader = sqlite3.connect(small.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM prospects").fetchone()
    with pytest.raises(CoccinelleError, match="stayed locked"):
        pipeline.publish()
    reader.execute("ROLLBACK")
    reader.close()
    assert untouched()
    assert pipeline.publish().rows_written == 4


def test_a_short_write_of_the_application_only_delays_the_promotion(small: AppDatabase) -> None:
    pipeline = Pipeline(small.path, busy_timeout_seconds=10)
    pipeline.plan()
    writer = sqlite3.connect(small.path, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE appointments SET notes = 'en cours'")
    release = threading.Timer(0.3, writer.execute, ("COMMIT",))
    release.start()
    assert pipeline.publish().rows_written == 4
    release.join()
    writer.close()
    assert small.rows("SELECT notes FROM appointments") == [("en cours",)]


def test_the_application_writes_at_any_step_before_the_publication(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    writer = sqlite3.connect(small.path, isolation_level=None, timeout=0)
    pipeline.resolve()
    writer.execute("UPDATE appointments SET notes = 'one'")
    pipeline.plan()
    writer.execute("UPDATE appointments SET notes = 'two'")
    writer.close()
    pipeline.publish()
    assert small.rows("SELECT notes FROM appointments") == [("two",)]
    assert holds(small.path)


def test_a_database_in_wal_mode_stays_in_it_and_its_readers_are_not_blocked(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    small.execute("PRAGMA journal_mode = WAL")
    reader = sqlite3.connect(small.path, isolation_level=None)
    reader.execute("BEGIN")
    before = reader.execute("SELECT * FROM appointments").fetchall()
    assert pipeline.run().rows_written == 4
    assert reader.execute("SELECT * FROM appointments").fetchall() == before
    reader.execute("ROLLBACK")
    assert reader.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    reader.close()
    assert holds(small.path)


# Receipts and backups.


def test_every_promotion_that_writes_leaves_a_receipt_with_counts_and_checksums(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run()
    pipeline.run()
    ((run_id, counts, checksums),) = small.rows(
        "SELECT run_id, counts, checksums FROM customer_promotions"
    )
    assert run_id == "run-0001"
    numbers = json.loads(counts)
    assert numbers["new_customers"] == numbers["customers"] == 2
    assert numbers["appointment_links"] == numbers["conversation_links"] == 1
    assert numbers["rows_written"] == 4
    assert all(len(value) == 32 for value in json.loads(checksums).values())


def test_checksums_are_the_same_for_the_same_customers_on_a_copy(
    small: AppDatabase, tmp_path: Path
) -> None:
    copy = tmp_path / "elsewhere" / "copy.db"
    copy.parent.mkdir()
    copy.write_bytes(small.path.read_bytes())
    query = "SELECT checksums FROM customer_promotions"
    checksums = []
    for path in (small.path, copy):
        Pipeline(path).run()
        connection = sqlite3.connect(path)
        checksums.append(connection.execute(query).fetchone())
        connection.close()
    assert checksums[0] == checksums[1]


def test_backups_are_the_database_as_it_was_and_only_the_newest_are_kept(
    small: AppDatabase,
) -> None:
    pipeline = Pipeline(small.path, backups_kept=2)
    states = []
    for number in range(4):
        small.prospect(email=f"new{number}@ex.fr")
        states.append(dump(small.path))
        pipeline.run()
    kept = sorted((pipeline.home / "backups").iterdir())
    assert [dump(path) for path in kept] == states[-2:]
