"""The count of the links: the gate's, where nobody wrote since and the links bear it out."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coccinelle_assets.errors import PromotionRefusedError
from coccinelle_assets.live.promotion import publish as publishing
from coccinelle_assets.live.promotion.plan_file import plan_tables
from coccinelle_assets.live.statistics.count import take_planned_statistics
from coccinelle_assets.local_runs.run_job import RunOutcome
from coccinelle_assets.warehouse.write_plan import write_plan
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import customer, holds
from coccinelle_assets_tests.pipeline import Pipeline

CUSTOMERS = st.sampled_from(["a", "b", "c"])
LINKS = st.lists(st.none() | CUSTOMERS, max_size=6)
TOTALS = st.dictionaries(CUSTOMERS, st.integers(0, 3))


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> list[sqlite3.Connection]:
    """One entry for each time that a promotion counts the rows themselves."""
    calls = []
    count = publishing.write_link_statistics

    def counted(live: sqlite3.Connection, schema: object) -> None:
        calls.append(live)
        count(live, schema)

    monkeypatch.setattr(publishing, "write_link_statistics", counted)
    return calls


def test_the_gates_count_is_taken_where_nobody_wrote(
    small: AppDatabase, pipeline: Pipeline, counts: list[object]
) -> None:
    pipeline.run()
    assert counts == []
    jean = customer(small, "jean@ex.fr")
    assert (jean["total_appointments"], jean["last_contact_at"]) == (1, "2025-03-01 10:00:00")
    # Jean is live by now: the second promotion raises what the first one wrote.
    small.appointment(customer_email="jean@ex.fr", appointment_date="2025-04-01 10:00:00")
    assert pipeline.run().counts["statistics_updated"] == 1
    assert counts == []
    jean = customer(small, "jean@ex.fr")
    assert (jean["total_appointments"], jean["last_contact_at"]) == (2, "2025-04-01 10:00:00")
    assert holds(small.path)


def test_a_run_of_the_job_takes_the_gates_count(
    small: AppDatabase, migrate: Callable[..., RunOutcome], counts: list[object]
) -> None:
    assert migrate().is_done
    assert counts == []
    assert holds(small.path)
    small.execute("PRAGMA journal_mode = WAL")
    small.appointment(customer_email="jean@ex.fr")
    assert migrate().is_done
    assert len(counts) == 1
    assert customer(small, "jean@ex.fr")["total_appointments"] == 2


def _move_a_date(small: AppDatabase) -> None:
    small.execute("UPDATE appointments SET appointment_date = '2025-06-01 10:00:00'")


def _move_a_record(small: AppDatabase) -> None:
    small.execute("UPDATE appointments SET tenant_id = 't2'")


@pytest.mark.parametrize("write", [_move_a_date, _move_a_record])
def test_rows_are_counted_where_somebody_wrote(
    write: Callable[[AppDatabase], None],
    small: AppDatabase,
    pipeline: Pipeline,
    counts: list[object],
) -> None:
    pipeline.plan()
    write(small)
    pipeline.publish()
    assert len(counts) == 1
    jean = customer(small, "jean@ex.fr")
    moved = write is _move_a_date
    assert jean["last_contact_at"] == ("2025-06-01 10:00:00" if moved else None)
    assert jean["total_appointments"] == moved
    assert holds(small.path)


def test_rows_are_counted_where_somebody_wrote_after_the_last_look(
    small: AppDatabase, pipeline: Pipeline, counts: list[object]
) -> None:
    pipeline.plan()
    with closing(sqlite3.connect(small.path, isolation_level=None)) as live:
        version = live.execute("PRAGMA data_version").fetchone()[0]
        _move_a_date(small)
        pipeline.publish_to(live, planned_at=version)
    assert len(counts) == 1
    assert customer(small, "jean@ex.fr")["last_contact_at"] == "2025-06-01 10:00:00"


@pytest.mark.parametrize(
    "spoil",
    [
        "DELETE FROM gate.link_statistics",
        "UPDATE gate.link_statistics SET total_appointments = total_appointments + 1",
        "UPDATE gate.link_statistics SET total_conversations = 1 - total_conversations",
        "INSERT INTO gate.link_statistics VALUES ('nobody', 't1', 't1', 1, 0, NULL)",
    ],
)
def test_rows_are_counted_where_the_links_say_something_else(
    spoil: str, small: AppDatabase, pipeline: Pipeline, counts: list[object]
) -> None:
    pipeline.plan()
    pipeline.warehouse.execute(spoil)
    write_plan(pipeline.warehouse, pipeline.plan_path, pipeline.run_id)
    pipeline.publish()
    assert len(counts) == 1
    assert holds(small.path)


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        ("last_contact_at = '2031-01-01 00:00:00'", "statistics_match_links"),
        ("highest_tenant = 't2'", "links_lead_to_customers"),
    ],
)
def test_a_count_that_differs_from_the_new_customers_is_refused(
    spoil: str,
    name: str,
    small: AppDatabase,
    pipeline: Pipeline,
    untouched: Callable[[], bool],
) -> None:
    pipeline.plan()
    pipeline.warehouse.execute(f"UPDATE gate.link_statistics SET {spoil}")
    write_plan(pipeline.warehouse, pipeline.plan_path, pipeline.run_id)
    assert untouched()
    with pytest.raises(PromotionRefusedError) as refusal:
        pipeline.publish()
    assert set(refusal.value.failures) == {name}
    assert untouched()


def test_a_wave_counts_its_own_rows(
    small: AppDatabase, pipeline: Pipeline, counts: list[object]
) -> None:
    pipeline.run(["t1"])
    assert len(counts) == 1
    assert holds(small.path)


@given(appointments=LINKS, conversations=LINKS, spoiled=st.none() | st.tuples(TOTALS, TOTALS))
def test_the_planned_count_stands_exactly_when_every_customer_has_as_many_links(
    appointments: list[str | None],
    conversations: list[str | None],
    spoiled: tuple[dict[str, int], dict[str, int]] | None,
) -> None:
    actual = tuple(
        Counter(link for link in links if link) for links in (appointments, conversations)
    )
    planned = actual if spoiled is None else tuple(map(Counter, spoiled))
    names = sorted({*planned[0], *planned[1]})
    rows = [(name, "t1", "t1", planned[0][name], planned[1][name], None) for name in names]
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as live:
        live.execute("ATTACH ':memory:' AS plan")
        live.executescript(plan_tables().replace("CREATE TABLE ", "CREATE TABLE plan."))
        live.executemany("INSERT INTO plan.link_statistics VALUES (?, ?, ?, ?, ?, ?)", rows)
        tables = {"appointments": appointments, "omni_conversations": conversations}
        for name, links in tables.items():
            live.execute(f"CREATE TABLE {name} (customer_id TEXT)")
            live.executemany(f"INSERT INTO {name} VALUES (?)", [(link,) for link in links])
        taken = take_planned_statistics(live)
        # A Counter leaves out nobody but those without any.
        assert taken == all(+one == +other for one, other in zip(actual, planned, strict=True))
        if taken:
            assert live.execute("SELECT * FROM temp.link_statistics").fetchall() == rows


def test_the_plan_holds_the_gates_count(small: AppDatabase, pipeline: Pipeline) -> None:
    pipeline.plan()
    with closing(sqlite3.connect(pipeline.plan_path)) as plan:
        kept = plan.execute("SELECT * FROM link_statistics ORDER BY customer_id").fetchall()
    gate = pipeline.warehouse.execute("SELECT * FROM gate.link_statistics ORDER BY customer_id")
    assert kept == gate.fetchall() != []
