"""Customers that keep their id and their records from run to run, whatever else comes and goes."""

from __future__ import annotations

from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import JEAN, customer, holds, live_customer
from coccinelle_assets_tests.pipeline import Pipeline


def test_what_the_application_wrote_ties_in_later_runs_too(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run()
    live_customer(small, "own", email="luc@roux.fr", phone="+33677889012")
    small.appointment(id="by_email", customer_email="luc@roux.fr")
    small.conversation(id="by_phone", customer_phone="06 77 88 90 12")
    for _ in range(3):
        pipeline.run()
        assert (small.links()["by_email"], small.links()["by_phone"]) == ("own", "own")
        assert pipeline.plan().is_empty
    assert holds(small.path)


def test_an_edited_address_that_a_record_takes_up_ties_in_later_runs_too(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run()
    jean = customer(small, "jean@ex.fr")["id"]
    small.execute("UPDATE customers SET email = 'new@ex.fr' WHERE id = ?", (jean,))
    pipeline.run()
    small.prospect(id="later", first_name="Jean", last_name="Dupont", email="new@ex.fr")
    small.appointment(id="a2", customer_name="Jean Dupont", customer_email="new@ex.fr")
    for _ in range(3):
        pipeline.run()
        assert small.links()["a2"] == jean
        assert pipeline.plan().is_empty
    assert holds(small.path)


def test_whoever_returns_after_all_records_were_deleted_is_the_same_customer(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run()
    jean = customer(small, "jean@ex.fr")["id"]
    small.execute("DELETE FROM appointments")
    small.execute("DELETE FROM prospects WHERE id = 'jean'")
    pipeline.run()
    assert customer(small, "jean@ex.fr")["id"] == jean
    small.appointment(id="back", customer_name="Jean Dupont", customer_phone=JEAN)
    pipeline.run()
    assert small.links()["back"] == jean
    assert pipeline.plan().is_empty
    assert holds(small.path)


def test_a_number_that_moved_to_another_record_does_not_bring_strangers_together(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    small.appointment(id="a2", customer_name="Jean Dupont", customer_phone=JEAN)
    pipeline.run()
    jean = customer(small, "jean@ex.fr")["id"]
    # The earliest record stays with the id; the number follows the records that hold it.
    small.execute("UPDATE prospects SET phone = '+33699887766' WHERE id = 'jean'")
    pipeline.run()
    assert small.links()["a2"] != jean
    assert holds(small.path)
