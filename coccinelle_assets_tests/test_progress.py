"""Where a run is inside a step: told by both engines, heard by whoever shows it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

import duckdb
import pytest

from coccinelle_assets import progress
from coccinelle_assets.local_runs.instance import open_instance
from coccinelle_assets.local_runs.run_job import RunOutcome
from coccinelle_assets.settings import load_settings
from coccinelle_assets_tests.databases import AppDatabase

Migrate = Callable[..., RunOutcome]


def test_a_run_tells_the_parts_of_its_promotion_in_order(
    app: AppDatabase, migrate: Migrate
) -> None:
    app.appointment(customer_email="jean@ex.fr", customer_phone="06 11 47 82 93 ext 5")
    heard: list[tuple[str, float]] = []
    with progress.heard_by(lambda what, share: heard.append((what, share))):
        assert migrate().is_done
    parts = [(what, share) for what, share in heard if what and "spellings" not in what]
    assert [what for what, _ in parts] == [
        "writing customers",
        "writing links of appointments",
        "writing links of omni_conversations",
        "making indexes",
        "counting links",
        "auditing",
    ]
    shares = [share for _, share in parts]
    assert shares == sorted(set(shares))
    assert 0 < shares[0] < shares[-1] < 1
    assert ("1 phone spellings read one by one", 0.0) in heard


def test_a_long_statement_tells_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "POLL_SECONDS", 0.01)
    heard: list[float] = []
    with (
        duckdb.connect(config={"threads": 1}) as connection,
        progress.heard_by(lambda _, share: heard.append(share)),
        progress.followed(connection),
    ):
        connection.execute("CREATE TABLE n AS SELECT range % 900007 AS n FROM range(4000000)")
        for _ in range(20):
            connection.execute("SELECT count(*) FROM (SELECT n, count(*) FROM n GROUP BY n)")
            connection.fetchall()
            if heard:
                break
    assert heard
    assert all(0 < share <= 1 for share in heard)


def test_a_display_that_fails_does_not_end_the_run(app: AppDatabase, migrate: Migrate) -> None:
    app.appointment(customer_email="jean@ex.fr")
    calls = []

    def fail(what: str, share: float) -> None:
        calls.append(what)
        raise OSError("the terminal is gone")

    with progress.heard_by(fail):
        assert migrate().is_done
    assert len(calls) == 1


def test_a_long_run_leaves_lines_in_its_log_as_the_ui_shows_it(
    app: AppDatabase, migrate: Migrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "LOG_SECONDS", 0.0)
    app.appointment(customer_email="jean@ex.fr")
    outcome = migrate()
    settings = load_settings(database=app.path)
    with open_instance(settings.dagster_home) as instance:
        lines = [entry.user_message for entry in instance.all_logs(outcome.run_id)]
    assert "auditing: 86% done" in lines


def test_a_short_run_leaves_none(app: AppDatabase, migrate: Migrate) -> None:
    app.appointment(customer_email="jean@ex.fr")
    outcome = migrate()
    settings = load_settings(database=app.path)
    with open_instance(settings.dagster_home) as instance:
        lines = [entry.user_message for entry in instance.all_logs(outcome.run_id)]
    assert lines
    assert not any("done" in line for line in lines)


def test_statements_are_followed_for_the_log_where_steps_take_minutes(
    app: AppDatabase, migrate: Migrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed: list[bool] = []
    monkeypatch.setattr(
        "coccinelle_assets.resources.warehouse.logged",
        lambda _, *, engines: followed.append(engines) or nullcontext(),
    )
    app.appointment(customer_email="jean@ex.fr")
    assert migrate().is_done
    assert not any(followed)
    monkeypatch.setattr("coccinelle_assets.resources.warehouse.LARGE_SNAPSHOT", 1)
    app.appointment(customer_email="anne@lilas.fr")
    assert migrate().is_done
    assert followed[-1]
