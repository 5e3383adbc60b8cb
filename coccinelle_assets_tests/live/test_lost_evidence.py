"""Records that a promotion linked and that say nothing usable any more: their links go."""

from __future__ import annotations

import pytest

from coccinelle_assets_tests.changes import contracted, install, rolled_back
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import JEAN, LUC, customer, holds
from coccinelle_assets_tests.pipeline import Pipeline


def reasons(pipeline: Pipeline) -> set[tuple[str, str]]:
    query = "SELECT source_id, reason FROM ssot.unlinked_records"
    return set(pipeline.warehouse.execute(query).fetchall())


@pytest.mark.parametrize(
    ("phone", "reason"),
    [("n/a", "placeholder"), ("06 1", "invalid"), ("01 44 55 66 77", "business_own")],
)
def test_an_edited_record_that_says_nothing_usable_loses_its_link_and_is_listed(
    phone: str, reason: str, small: AppDatabase, pipeline: Pipeline
) -> None:
    small.execute("UPDATE tenants SET phone = '+33144556677' WHERE id = 't1'")
    small.conversation(id="c2", customer_name="Jean Dupont", customer_phone=JEAN)
    small.appointment(id="a2", customer_name="Jean Dupont", customer_phone=JEAN)
    pipeline.run()
    links = small.links()
    small.execute("UPDATE appointments SET customer_phone = ? WHERE id = 'a2'", (phone,))
    pipeline.run()
    assert small.links() == links | {"a2": None}
    assert ("a2", reason) in reasons(pipeline)
    assert customer(small, "jean@ex.fr")["total_appointments"] == 1
    assert holds(small.path)
    assert rolled_back(small, to_previous=True).undone == "promotion"
    assert small.links() == links


def test_records_leave_when_what_tied_them_turns_out_to_be_shared(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    for number in range(2):
        small.appointment(id=f"r{number}", customer_name="Jean Dupont", customer_phone=LUC)
    pipeline.run()
    assert all(small.links()[record] for record in ("r0", "r1"))
    for number, name in enumerate(("Luc Roux", "Eve Petit", "Paul Gris", "Ana Lopez", "Max Weber")):
        small.appointment(id=f"s{number}", customer_name=name, customer_phone=LUC)
    pipeline.run()
    # The earliest record stays with the customer, whose id would lead nowhere otherwise.
    assert small.links()["r1"] is None
    assert ("r1", "shared") in reasons(pipeline)
    assert holds(small.path)
    assert pipeline.plan().is_empty


def test_a_record_leaves_in_the_very_run_that_merges_its_customer_away(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    small.conversation(id="c2", customer_name="Anne Morel", customer_email="anne@lilas.fr")
    small.conversation(id="c3", customer_name="Anne Morel", customer_email="anne@lilas.fr")
    pipeline.run()
    links = small.links()
    small.prospect(
        id="tie", first_name="Jean", last_name="Dupont", email="anne@lilas.fr", phone=JEAN
    )
    small.execute("UPDATE omni_conversations SET customer_email = 'n/a' WHERE id = 'c2'")
    small.execute("UPDATE omni_conversations SET customer_email = 'luc@roux.fr' WHERE id = 'c3'")
    publication = pipeline.run()
    assert publication.counts["merged_customers"] == 1
    assert publication.deferred == []
    now = small.links()
    assert (now["a1"], now["c2"]) == (now["c1"], None)
    assert now["c3"] == customer(small, "luc@roux.fr")["id"]
    assert holds(small.path)
    assert rolled_back(small, to_previous=True).undone == "promotion"
    assert small.links() == links


@pytest.mark.parametrize("contract_first", [False, True], ids=["as it is", "contracted"])
def test_a_record_whose_prospect_was_deleted_keeps_its_customer(
    small: AppDatabase, pipeline: Pipeline, *, contract_first: bool
) -> None:
    small.appointment(id="a2", prospect_id="jean")
    pipeline.run()
    links = small.links()
    if contract_first:
        # Without a link the row could not be there at all.
        install(small)
        contracted(small, anonymous=True)
    small.execute("DELETE FROM prospects WHERE id = 'jean'")
    pipeline.run()
    assert small.links() == links
    assert pipeline.plan().is_empty
    assert holds(small.path)
