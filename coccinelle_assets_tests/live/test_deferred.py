"""What changed between the plan and the publication is left for the next run."""

from __future__ import annotations

import pytest

from coccinelle_assets.live.promotion import links
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import customer, deferred, holds, live_customer
from coccinelle_assets_tests.pipeline import Pipeline


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


def test_rows_that_moved_since_the_snapshot_are_found_by_their_id(
    small: AppDatabase, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("jean", "luc"):
        small.appointment(id=name, customer_email=f"{name}@ex.fr", customer_name=name)
    pipeline.plan()
    # As a table that was made anew: two rows have changed places, one is where none was.
    small.execute("UPDATE appointments SET rowid = -rowid")
    small.execute("UPDATE appointments SET rowid = 5 + rowid WHERE id IN ('jean', 'luc')")
    # All at once: one by one would take long where a whole table was made anew.
    monkeypatch.delattr(links, "_second_look")
    assert pipeline.publish().deferred == []
    assert small.links()["jean"] == customer(small, "jean@ex.fr")["id"]
    assert small.links()["luc"] == customer(small, "luc@ex.fr")["id"]
    assert small.links()["a1"] is not None
    assert holds(small.path)


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


ERASURES = {
    "deleted": "DELETE FROM {table} WHERE id = 'luc'",
    "emptied": "UPDATE {table} SET {prefix}email = NULL, {prefix}phone = NULL WHERE id = 'luc'",
    "given to another tenant": "UPDATE {table} SET tenant_id = 't2' WHERE id = 'luc'",
}


@pytest.mark.parametrize("erasure", ERASURES)
@pytest.mark.parametrize("table", ["prospects", "appointments", "omni_conversations"])
@pytest.mark.parametrize("first", [True, False], ids=["first run", "later run"])
def test_whoever_is_erased_before_the_promotion_does_not_come_back(
    erasure: str, table: str, first: bool, small: AppDatabase, pipeline: Pipeline
) -> None:
    if not first:
        pipeline.run()
    prefix = "" if table == "prospects" else "customer_"
    details = {f"{prefix}email": "luc@roux.fr", f"{prefix}phone": "+33677889012"}
    add = {
        "prospects": small.prospect,
        "appointments": small.appointment,
        "omni_conversations": small.conversation,
    }[table]
    add(id="luc", **details)
    pipeline.plan()
    small.execute(ERASURES[erasure].format(table=table, prefix=prefix))
    publication = pipeline.publish()
    reasons = {row.reason for row in publication.deferred if row.source_table == "customers"}
    assert reasons == {"records_gone"}
    assert {row["email"] for row in small.customers()} == {"jean@ex.fr", "anne@lilas.fr"}
    assert publication.new_customers == (2 if first else 0)
    assert holds(small.path)
    assert pipeline.run().deferred == []
    again = {row["email"] for row in small.customers()} - {"jean@ex.fr", "anne@lilas.fr"}
    assert again == ({"luc@roux.fr"} if erasure == "given to another tenant" else set())
    assert holds(small.path)


def test_one_record_that_stays_is_enough_for_a_customer(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run()
    small.prospect(id="luc", first_name="Luc", email="luc@roux.fr")
    small.prospect(id="lucien", first_name="Luc", email="luc@roux.fr")
    small.appointment(id="unreadable", customer_phone="06 55 44 32 10", customer_email="x")
    small.execute(
        "UPDATE appointments SET customer_email = CAST(x'ff40' AS TEXT) WHERE id = 'unreadable'"
    )
    pipeline.plan()
    small.execute("DELETE FROM prospects WHERE id = 'luc'")
    publication = pipeline.publish()
    assert publication.new_customers == 2
    assert {row.reason for row in publication.deferred if row.source_table == "customers"} == set()
