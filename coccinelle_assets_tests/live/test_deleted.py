"""Customers that the application deletes, creates and points at, between two runs."""

from __future__ import annotations

import pytest

from coccinelle_assets.live.merges import surviving_id
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import ANNE, JEAN, customer, holds, live_customer
from coccinelle_assets_tests.pipeline import Pipeline


def delete(app: AppDatabase, email: str) -> str:
    customer_id = customer(app, email)["id"]
    app.execute("DELETE FROM customers WHERE id = ?", (customer_id,))
    return customer_id


def deleted(pipeline: Pipeline) -> list[tuple[str]]:
    query = "SELECT customer_id FROM identity.deleted_customers ORDER BY customer_id"
    return pipeline.warehouse.execute(query).fetchall()


@pytest.mark.parametrize("links", ["kept", "cleared"])
def test_a_deleted_customer_comes_back_under_its_id_and_is_reported(
    links: str, small: AppDatabase, pipeline: Pipeline
) -> None:
    # An id that no hash gives: the application's own.
    pipeline.run()
    small.execute("UPDATE appointments SET customer_id = NULL")
    delete(small, "jean@ex.fr")
    live_customer(small, "own", email="jean@ex.fr", phone=JEAN)
    pipeline.run()
    assert small.links()["a1"] == "own"
    delete(small, "jean@ex.fr")
    if links == "cleared":
        small.execute("UPDATE appointments SET customer_id = NULL")
    pipeline.run()
    assert deleted(pipeline) == [("own",)]
    assert customer(small, "jean@ex.fr")["id"] == "own"
    assert small.links()["a1"] == "own"
    assert holds(small.path)


def test_the_earliest_records_customer_comes_back_when_two_deleted_ones_were_joined(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run()
    jean, anne = delete(small, "jean@ex.fr"), delete(small, "anne@lilas.fr")
    small.prospect(email="jean@ex.fr", phone=ANNE)
    small.conversation(customer_email="anne@lilas.fr", customer_phone=ANNE)
    pipeline.run()
    assert [row["id"] for row in small.customers()] == [jean]
    assert set(small.links().values()) == {jean}
    assert jean != anne
    assert holds(small.path)


def test_records_of_a_deleted_customer_that_join_a_live_one_bring_nobody_back(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run()
    delete(small, "anne@lilas.fr")
    small.execute("UPDATE omni_conversations SET customer_email = 'jean@ex.fr'")
    small.execute("DELETE FROM prospects WHERE id = 'anne'")
    pipeline.run()
    assert deleted(pipeline) == []
    assert [row["email"] for row in small.customers()] == ["jean@ex.fr"]
    assert holds(small.path)


def test_left_customers_stay_away_run_after_run_and_their_records_say_why(
    small: AppDatabase,
) -> None:
    pipeline = Pipeline(small.path, deleted_customers="leave")
    pipeline.run()
    gone = delete(small, "jean@ex.fr")
    assert pipeline.run().counts["appointment_links"] == 1
    for _ in range(2):
        assert small.links()["a1"] is None
        assert gone not in {row["id"] for row in small.customers()}
        reasons = pipeline.warehouse.execute(
            "SELECT source_id, reason FROM ssot.unlinked_records ORDER BY source_id"
        ).fetchall()
        assert reasons == [("a1", "customer_deleted"), ("jean", "customer_deleted")]
        assert holds(small.path)
        # A new record of the same person does not bring it back either.
        small.prospect(email="other@ex.fr", phone=JEAN)
        pipeline.run()
        reasons_now = pipeline.warehouse.execute("SELECT count(*) FROM ssot.unlinked_records")
        assert reasons_now.fetchone()[0] >= 3
        small.execute("DELETE FROM prospects WHERE email = 'other@ex.fr'")
        pipeline.run()
    back = Pipeline(small.path, str(pipeline.home / "other.duckdb"))
    back.run()
    assert small.links()["a1"] == gone


def test_a_link_to_a_merged_customer_leads_to_the_one_that_stayed(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run()
    jean, anne = customer(small, "jean@ex.fr")["id"], customer(small, "anne@lilas.fr")["id"]
    small.prospect(email="anne@lilas.fr", phone=JEAN)
    pipeline.run()
    with open_live(small.path, 1) as live:
        assert {surviving_id(live, jean), surviving_id(live, anne)} == {jean}
    small.insert(
        "appointments",
        {"id": "late", "tenant_id": "t1", "customer_id": anne, "created_at": "2025-05-01"},
    )
    pipeline.run()
    assert small.links()["late"] == jean
    assert holds(small.path)


def test_a_customer_that_the_application_created_is_matched_and_not_doubled(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run()
    live_customer(small, "own", first_name="Luc", email="luc@roux.fr")
    small.conversation(id="luc", customer_email="LUC@roux.fr")
    pipeline.run()
    assert small.links()["luc"] == "own"
    assert len(small.customers()) == 3


def test_a_customer_whose_evidence_falls_apart_keeps_its_id_with_the_earliest_record(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run()
    jean = customer(small, "jean@ex.fr")["id"]
    small.execute("UPDATE appointments SET customer_phone = '0699887766' WHERE id = 'a1'")
    pipeline.run()
    assert customer(small, "jean@ex.fr")["id"] == jean
    assert small.links()["a1"] not in (None, jean)
    splits = pipeline.warehouse.execute("SELECT * FROM ssot.customer_splits").fetchall()
    assert splits == [(jean, small.links()["a1"], "t1", 1)]


def test_a_record_whose_details_are_blanked_stays_with_its_customer(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run()
    before = small.links()
    small.execute("UPDATE appointments SET customer_phone = NULL, customer_name = NULL")
    pipeline.run()
    assert small.links() == before
    assert customer(small, "jean@ex.fr")["phone"] == JEAN
    assert holds(small.path)
