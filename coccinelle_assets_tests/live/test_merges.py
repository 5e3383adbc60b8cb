"""Live customers that turn out to be one, and customers that trade their details."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.merges import surviving_id
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import ANNE, JEAN, LUC, customer, holds
from coccinelle_assets_tests.pipeline import Pipeline


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


def test_customers_joined_through_what_the_application_wrote_stay_joined(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run()
    jean, anne = customer(small, "jean@ex.fr")["id"], customer(small, "anne@lilas.fr")["id"]
    small.execute("UPDATE customers SET email = 'own@lilas.fr' WHERE id = ?", (anne,))
    small.prospect(
        id="tie", first_name="Jean", last_name="Dupont", email="own@lilas.fr", phone=JEAN
    )
    # Only the row of Anne's customer tied her records to the address, and it is gone now.
    assert pipeline.run().counts["merged_customers"] == 1
    assert set(small.links().values()) == {jean}
    assert pipeline.plan().is_empty
    pipeline.run()
    assert pipeline.plan().is_empty
    assert set(small.links().values()) == {jean}
    assert holds(small.path)
