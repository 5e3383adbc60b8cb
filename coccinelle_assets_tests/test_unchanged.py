"""A run over the state that the last promotion left is spared; any change at all is seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coccinelle_assets.live.deferred import Deferred
from coccinelle_assets.local_runs.run_job import RunOutcome
from coccinelle_assets.warehouse.baseline import forget_deferred
from coccinelle_assets.warehouse.fingerprint import (
    fingerprint,
    remember_state,
    snapshot_versions,
    unchanged_since,
)
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.pipeline import Pipeline

CHANGES = {
    "a prospect's name": "UPDATE prospects SET first_name = 'Jeanne' WHERE id = 'jean'",
    "a prospect's date": "UPDATE prospects SET updated_at = '2026-01-01' WHERE id = 'jean'",
    "an appointment's phone": "UPDATE appointments SET customer_phone = NULL WHERE id = 'a1'",
    "an appointment's date": "UPDATE appointments SET appointment_date = '2026-01-01'",
    "an appointment's link": "UPDATE appointments SET customer_id = NULL",
    "a conversation's channel": "UPDATE omni_conversations SET current_channel = 'sms'",
    "a conversation's link": "UPDATE omni_conversations SET customer_id ="
    " (SELECT id FROM customers WHERE email = 'jean@ex.fr')",
    "a record more": "INSERT INTO prospects (id, tenant_id) VALUES ('new', 't1')",
    "a record less": "DELETE FROM prospects WHERE id = 'anne'",
    "a customer's edit": "UPDATE customers SET first_name = 'Jeannot'",
    "a customer's count": "UPDATE customers SET total_appointments = 7",
    "a customer less": "DELETE FROM customers WHERE email = 'anne@lilas.fr'",
    "a number of the business": "UPDATE tenants SET phone = '0655443210' WHERE id = 't1'",
}


@pytest.fixture
def promoted(app: AppDatabase) -> Pipeline:
    """A promoted database whose state is remembered."""
    app.prospect(id="jean", first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    app.prospect(id="anne", first_name="Anne", last_name="Morel", email="anne@lilas.fr")
    app.appointment(id="a1", customer_email="jean@ex.fr", customer_phone="0611478293")
    app.conversation(id="c1", customer_email="anne@lilas.fr")
    pipeline = Pipeline(app.path)
    pipeline.run()
    remember_state(pipeline.warehouse, pipeline.run_id, "settings")
    return pipeline


def spared(pipeline: Pipeline, settings: str = "settings") -> str | None:
    """The run that left the state as it is now, by a fresh snapshot."""
    pipeline.load()
    return unchanged_since(pipeline.warehouse, snapshot_versions(pipeline.warehouse), settings)


def test_the_state_that_a_promotion_leaves_is_known_again(promoted: Pipeline) -> None:
    assert spared(promoted) == promoted.run_id
    assert spared(promoted, "other settings") is None


def test_a_state_of_which_rows_were_left_is_not_remembered(promoted: Pipeline) -> None:
    left = [Deferred("appointments", "a1", "changed")]
    forget_deferred(promoted.warehouse, promoted.run_id, left)
    assert spared(promoted) is None


@pytest.mark.parametrize("change", CHANGES)
def test_every_kind_of_change_is_seen(change: str, promoted: Pipeline, app: AppDatabase) -> None:
    app.execute(CHANGES[change])
    assert spared(promoted) is None


def test_rows_that_trade_their_values_are_a_change(promoted: Pipeline, app: AppDatabase) -> None:
    app.execute(
        "UPDATE prospects SET email = CASE id WHEN 'jean' THEN 'anne@lilas.fr'"
        " ELSE 'jean@ex.fr' END"
    )
    assert spared(promoted) is None


def test_parts_that_trade_their_versions_are_another_state() -> None:
    assert fingerprint({"a": "1", "b": "2"}, "") != fingerprint({"a": "2", "b": "1"}, "")


def test_the_job_skips_every_step_until_something_changes(
    app: AppDatabase, migrate: Callable[..., RunOutcome]
) -> None:
    app.prospect(first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    app.appointment(customer_email="jean@ex.fr")
    first = migrate()
    content = app.path.read_bytes()
    second = migrate()
    assert second.is_done
    assert second.reported["unchanged_since"] == first.run_id
    assert second.checks == []
    assert app.path.read_bytes() == content
    again = migrate(even_if_unchanged=True)
    assert again.checks
    assert again.reported["rows_written"] == 0
    assert migrate(max_people_per_identifier=4).checks
    app.appointment(customer_email="jean@ex.fr")
    assert migrate().reported["appointment_links"] == 1
