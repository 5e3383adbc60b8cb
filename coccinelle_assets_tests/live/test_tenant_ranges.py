"""Promotions by tenant ranges: short locks, and the same customers as of one run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.receipts import read_receipts
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets.live.sqlite.schema import read_schema
from coccinelle_assets.live.tenant_ranges import (
    LEAST_RECORDS_PER_SECOND,
    RECORDS_PER_SECOND,
    TenantRange,
    TenantRanges,
)
from coccinelle_assets.live.tenant_scope import records_by_tenant, require_tenants
from coccinelle_assets.local_runs.instance import open_instance
from coccinelle_assets.local_runs.run_job import run_migration
from coccinelle_assets.settings import load_settings
from coccinelle_assets_tests.command_line import coccinelle
from coccinelle_assets_tests.databases import SCHEMA, AppDatabase
from coccinelle_assets_tests.people import holds


@given(
    sizes=st.lists(st.integers(min_value=1, max_value=9), min_size=1, max_size=12),
    most=st.integers(min_value=1, max_value=20),
)
def test_ranges_cover_each_tenant_once_and_are_as_large_as_they_may_be(
    sizes: list[int], most: int
) -> None:
    records = {f"t{number:02d}": size for number, size in enumerate(sizes)}
    taken = list(TenantRanges(records, most, records_per_second=1))
    assert [name for part in taken for name in part.tenants] == [
        f"t{number:02d}" for number in range(len(sizes))
    ]
    assert sum(part.records for part in taken) == sum(sizes)
    assert all(part.records <= most or len(part.tenants) == 1 for part in taken)
    for part, following in pairwise(taken):
        first = sizes[int(following.tenants[0][1:])]
        assert part.records + first > most


def test_a_slow_promotion_makes_the_next_ranges_smaller_and_never_tiny() -> None:
    ranges = TenantRanges({}, max_lock_seconds=1)
    ranges.learn(TenantRange(("t1",), RECORDS_PER_SECOND), lock_seconds=2)
    assert ranges.most_records == RECORDS_PER_SECOND / 2
    ranges.learn(TenantRange(("t1",), RECORDS_PER_SECOND), lock_seconds=0.1)
    assert ranges.most_records == RECORDS_PER_SECOND / 2
    ranges.learn(TenantRange(("t1",), 1), lock_seconds=60)
    assert ranges.most_records == LEAST_RECORDS_PER_SECOND


def test_the_command_promotes_range_by_range_each_with_its_receipt(app: AppDatabase) -> None:
    for tenant in ("t1", "t2"):
        for number in range(2):
            app.appointment(
                id=f"{tenant}-{number}", tenant_id=tenant, customer_phone=f"06 11 47 82 9{number}"
            )
    shown = coccinelle(
        "migrate", app.path, "--max-lock-seconds", 2.5 / RECORDS_PER_SECOND, "--json"
    )
    ranges = shown.json["ranges"]
    assert [(part["tenants"], part["records"]) for part in ranges] == [(["t1"], 2), (["t2"], 2)]
    assert all(part["lock_seconds"] > 0 for part in ranges)
    with open_live(app.path, 1) as live:
        receipts = read_receipts(live)
    assert [receipt.tenants for receipt in receipts] == [["t2"], ["t1"]]
    assert {part["run_id"] for part in ranges} == {receipt.run_id for receipt in receipts}
    assert all(app.links().values())
    assert holds(app.path)


def test_a_tenant_whose_records_are_all_gone_is_counted_for_too(app: AppDatabase) -> None:
    for tenant in ("t1", "t2"):
        app.appointment(id=tenant, tenant_id=tenant, customer_phone="06 11 47 82 93")
    few = ("--max-lock-seconds", 0.5 / RECORDS_PER_SECOND)
    assert coccinelle("migrate", app.path, *few).returncode == 0
    app.execute("DELETE FROM appointments WHERE id = 't2'")
    assert coccinelle("migrate", app.path, *few).returncode == 0
    counted = {row["tenant_id"]: row["total_appointments"] for row in app.customers()}
    assert counted == {"t1": 1, "t2": 0}
    assert holds(app.path)


def test_tenants_are_known_by_their_text_whatever_the_columns_type(tmp_path: Path) -> None:
    numbered = SCHEMA.read_text(encoding="utf-8").replace("tenant_id TEXT", "tenant_id INTEGER")
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(numbered)
        for table in ("prospects", "appointments", "omni_conversations"):
            connection.execute(f"INSERT INTO {table} (id, tenant_id) VALUES ('x', 7)")
        connection.commit()
        assert records_by_tenant(connection, read_schema(connection)) == {"7": 3}
        require_tenants(connection, read_schema(connection), ["7"])
        with pytest.raises(CoccinelleError, match="no tenant 8"):
            require_tenants(connection, read_schema(connection), ["7", "8"])


def test_a_run_of_all_that_locks_for_longer_says_so(app: AppDatabase) -> None:
    app.appointment(customer_phone="06 11 47 82 93")
    settings = load_settings(database=app.path, max_lock_seconds=1e-6)
    outcome = run_migration(settings)
    with open_instance(settings.dagster_home) as instance:
        lines = [entry.user_message for entry in instance.all_logs(outcome.run_id)]
    assert any("longer than COCCINELLE_MAX_LOCK_SECONDS=1e-06" in line for line in lines)


def test_what_fits_into_one_range_is_one_run_of_all(app: AppDatabase) -> None:
    app.appointment(customer_phone="06 11 47 82 93")
    app.appointment(tenant_id="t2", customer_phone="06 11 47 82 93")
    shown = coccinelle("migrate", app.path, "--max-lock-seconds", 60, "--json")
    assert "ranges" not in shown.json
    with open_live(app.path, 1) as live:
        assert [receipt.tenants for receipt in read_receipts(live)] == [None]
