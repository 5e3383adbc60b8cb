"""Waves: some tenants are promoted, and every other one stays as it is."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coccinelle_assets.errors import CoccinelleError, PromotionRefusedError
from coccinelle_assets_tests.command_line import coccinelle_here
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import JEAN, customer, holds
from coccinelle_assets_tests.pipeline import Pipeline

TENANTS = ("t1", "t2", "t3")
EMAILS = st.sampled_from([None, "jean@ex.fr", "anne@lilas.fr", "luc@roux.fr"])
RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["prospect", "appointment", "conversation"]),
        st.sampled_from(TENANTS),
        EMAILS,
        EMAILS,
    ),
    max_size=12,
)


@pytest.fixture
def two_tenants(small: AppDatabase) -> AppDatabase:
    """Jean and Anne of t1, and another Jean of t2 with an appointment."""
    small.prospect("t2", id="jean2", first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    small.appointment("t2", id="a2", customer_name="Jean Dupont", customer_email="jean@ex.fr")
    return small


def derived(app: AppDatabase) -> list[dict[str, Any]]:
    """Customers without the moments at which they were written."""
    return [
        {name: value for name, value in row.items() if not name.endswith("ated_at")}
        for row in app.customers()
    ]


def fill(app: AppDatabase, records: list[tuple[str, str, str | None, str | None]]) -> None:
    for kind, tenant, email, other in records:
        if kind == "prospect":
            app.prospect(tenant, first_name="Jean", last_name="Roy", email=email)
        elif kind == "appointment":
            app.appointment(tenant, customer_email=email)
        else:
            app.conversation(tenant, customer_email=other)


@given(RECORDS, st.permutations(TENANTS), st.integers(min_value=1, max_value=2))
@settings(max_examples=3, deadline=None)
def test_wave_after_wave_gives_what_one_run_gives(
    records: list[tuple[str, str, str | None, str | None]], order: list[str], size: int
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        app = AppDatabase(Path(directory) / "waves.db", tenants=TENANTS)
        fill(app, records)
        copy = Path(directory) / "whole" / "app.db"
        copy.parent.mkdir()
        shutil.copy(app.path, copy)
        waves = Pipeline(app.path)
        for wave in (order[:size], order[size:]):
            waves.run(wave)
        Pipeline(copy).run()
        whole = AppDatabase.at(copy)
        assert derived(app) == derived(whole)
        assert app.links() == whole.links()
        assert waves.run().rows_written == 0


def test_a_wave_leaves_every_other_tenant_as_it_is(
    two_tenants: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run(["t1"])
    assert {row["tenant_id"] for row in two_tenants.customers()} == {"t1"}
    assert two_tenants.links() == {
        "a1": customer(two_tenants, "jean@ex.fr")["id"],
        "c1": customer(two_tenants, "anne@lilas.fr")["id"],
        "a2": None,
    }
    pipeline.run()
    # A wrong count of another tenant is that tenant's affair: neither mended nor in the way.
    two_tenants.execute("UPDATE customers SET total_appointments = 7 WHERE tenant_id = 't2'")
    others = [row for row in two_tenants.customers() if row["tenant_id"] == "t2"]
    two_tenants.appointment("t1", customer_phone=JEAN)
    assert pipeline.run(["t1"]).counts["appointment_links"] == 1
    assert [row for row in two_tenants.customers() if row["tenant_id"] == "t2"] == others
    assert not holds(two_tenants.path)
    pipeline.run()
    assert holds(two_tenants.path)


def test_what_the_application_edits_and_what_is_derived_stay_apart_from_wave_to_wave(
    two_tenants: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run(["t1"])
    two_tenants.execute("UPDATE customers SET first_name = 'Jeannot' WHERE email = 'jean@ex.fr'")
    pipeline.run(["t2"])
    two_tenants.execute(
        "UPDATE prospects SET last_name = 'Durand', updated_at = '2026-01-01' WHERE id = 'jean'"
    )
    pipeline.run()
    jean = next(
        row
        for row in two_tenants.customers()
        if row["tenant_id"] == "t1" and row["email"] == "jean@ex.fr"
    )
    assert (jean["first_name"], jean["last_name"]) == ("Jeannot", "Durand")


def test_new_tenants_are_no_drift_and_new_customers_of_promoted_ones_are(
    two_tenants: AppDatabase,
) -> None:
    pipeline = Pipeline(two_tenants.path, drift_tolerance=0)
    pipeline.run(["t1"])
    assert pipeline.run(["t2"]).counts["new_customers"] == 1
    two_tenants.prospect("t2", email="new@ex.fr")
    with pytest.raises(PromotionRefusedError) as refusal:
        pipeline.run(["t2"])
    assert set(refusal.value.failures) == {"customer_drift"}


def test_receipts_name_the_tenants_of_a_wave(two_tenants: AppDatabase, pipeline: Pipeline) -> None:
    pipeline.run(["t2"])
    pipeline.run()
    receipts = two_tenants.rows("SELECT tenants FROM customer_promotions ORDER BY rowid")
    assert receipts == [('["t2"]',), (None,)]


def test_a_tenant_that_is_not_there_is_refused_by_name(
    two_tenants: AppDatabase, pipeline: Pipeline
) -> None:
    before = two_tenants.path.read_bytes()
    with pytest.raises(CoccinelleError, match="no tenant nobody in the database"):
        pipeline.run(["t1", "nobody"])
    done = coccinelle_here("migrate", two_tenants.path, "--tenant", "t1", "--tenant", "nobody")
    assert done.returncode == 1
    assert "nobody" in done.stderr
    assert two_tenants.path.read_bytes() == before
