"""What the warehouse spills to the disk: freed after a kill, and bounded."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from coccinelle_assets.resources.failures import clear_failures
from coccinelle_assets.resources.warehouse import Warehouse
from coccinelle_assets.warehouse import spill
from coccinelle_assets.warehouse.spill import spill_directory

TOO_MUCH = "CREATE TEMP TABLE t AS SELECT md5(i::VARCHAR) AS m FROM range(4000000) AS r (i)"
SPILLING = f"""
import sys, duckdb
connection = duckdb.connect(sys.argv[1], config={{"memory_limit": "60MB"}})
connection.execute("SET preserve_insertion_order = false")
connection.execute("{TOO_MUCH}")
"""


def warehouse(path: Path) -> Warehouse:
    return Warehouse(path=str(path), memory_limit_mb=100, busy_timeout_seconds=5)


def test_what_a_killed_process_spilled_is_removed_and_what_is_in_use_is_not(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with subprocess.Popen([sys.executable, "-c", SPILLING, str(path)]) as process:
        while not any(spill_directory(path).glob("*")) and process.poll() is None:
            time.sleep(0.01)
        process.kill()
    assert any(spill_directory(path).glob("*"))
    with warehouse(path).connect() as connection:
        assert not any(spill_directory(path).glob("*"))
        connection.execute(TOO_MUCH)
        assert any(spill_directory(path).glob("*"))
        with warehouse(path).connect():
            assert any(spill_directory(path).glob("*"))
        assert connection.execute("SELECT count(DISTINCT m) FROM t").fetchone() == (4_000_000,)
    assert not any(spill_directory(path).glob("*"))


def test_a_disk_without_room_to_spill_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spill, "SPILL_SHARE", 1e-9)
    with (
        pytest.raises(dg.Failure, match="more room on the disk of the home") as failure,
        clear_failures(),
        warehouse(tmp_path / "warehouse.duckdb").connect() as connection,
    ):
        connection.execute(TOO_MUCH)
    assert isinstance(failure.value.__cause__, duckdb.OutOfMemoryException)
