"""The warehouse: what is missing or in use is one clear error, and nothing is written."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.local_runs.run_job import RunOutcome
from coccinelle_assets.resources.failures import clear_failures
from coccinelle_assets.resources.warehouse import Warehouse
from coccinelle_assets.settings import load_settings
from coccinelle_assets_tests.databases import AppDatabase


def test_a_scanner_of_another_version_is_one_clear_error(
    app: AppDatabase,
    migrate: Callable[..., RunOutcome],
    untouched: Callable[[], bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app.prospect(first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    assert untouched()
    monkeypatch.setattr(duckdb, "__version__", "0.0.1")
    outcome = migrate()
    assert not outcome.is_done
    assert "duckdb is 0.0.1" in outcome.error
    assert "install the same version of both" in outcome.error
    assert untouched()


def test_a_warehouse_that_another_run_uses_is_waited_for_and_named(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    warehouse = Warehouse(path=str(path), memory_limit_mb=100, busy_timeout_seconds=0.5)
    holds = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", holds, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"1\n"
        with (
            pytest.raises(CoccinelleError, match=r"another run has used .*warehouse.duckdb.*0.5 s"),
            warehouse.hold(),
        ):
            pass
        other.stdin.close()
    with warehouse.hold(), warehouse.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_memory_that_runs_out_is_a_failure_that_names_the_setting(tmp_path: Path) -> None:
    path = str(tmp_path / "warehouse.duckdb")
    warehouse = Warehouse(path=path, memory_limit_mb=100, busy_timeout_seconds=0.5)
    with (
        pytest.raises(dg.Failure) as failure,
        clear_failures(),
        warehouse.connect() as connection,
    ):
        connection.execute("SELECT len(list(range)) FROM range(50_000_000)")
    assert "raise COCCINELLE_MEMORY_LIMIT_MB and run again" in failure.value.description
    assert "MiB" in failure.value.description


def test_the_memory_for_the_warehouse_grows_with_the_database(tmp_path: Path) -> None:
    database = tmp_path / "app.db"
    with database.open("wb") as file:
        file.truncate(300_000_000)
    assert load_settings(database=database).warehouse_memory_mb == 650
    assert load_settings(database=database, memory_limit_mb=800).warehouse_memory_mb == 800
    assert load_settings(database="d1:app").warehouse_memory_mb == 900


def test_the_warehouse_does_not_grow_from_run_to_run(
    app: AppDatabase, migrate: Callable[..., RunOutcome]
) -> None:
    """Row groups are not merged, but what a run replaced makes room for the next one."""
    home = load_settings(database=app.path).home_directory
    sizes = []
    for number in range(6):
        app.prospect(email=f"new{number}@ex.fr")
        assert migrate().is_done
        sizes.append((home / "warehouse.duckdb").stat().st_size)
    assert sizes[-1] <= sizes[2]
