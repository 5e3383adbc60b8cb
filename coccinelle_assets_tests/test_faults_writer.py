"""While the application writes all the time, a promotion goes through and loses no write of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from coccinelle_assets.demo import write_demo_database
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import holds
from coccinelle_assets_tests.pipeline import Pipeline
from coccinelle_assets_tests.sudden_death import tally

pytestmark = pytest.mark.fault
ROWS = 100_000


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_no_acknowledged_write_is_lost(
    mode: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    database = tmp_path / "app.db"
    write_demo_database(database, ROWS)
    app = AppDatabase.at(database)
    assert app.rows(f"PRAGMA journal_mode = {mode}") == [(mode,)]
    writer = subprocess.Popen(
        [sys.executable, "-m", "coccinelle_assets_tests.writer_in_subprocess", str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "writing\n"
    pipeline = Pipeline(database)
    publication = pipeline.run()
    written = json.loads(writer.communicate("stop\n", timeout=60)[0])
    assert publication.rows_written > ROWS / 2
    ids = {row[0] for row in app.rows("SELECT id FROM appointments WHERE id GLOB 'w[0-9]*'")}
    notes = dict(app.rows("SELECT id, notes FROM appointments WHERE notes GLOB 'note [0-9]*'"))
    lost = len(set(written["inserted"]) - ids)
    lost += sum(notes.get(row) != note for row, note in written["notes"].items())
    assert lost == 0
    assert len(written["inserted"]) > 20
    assert len(written["notes"]) > 20
    # What came after the snapshot waits for the next run.
    unlinked = "SELECT count(*) FROM appointments WHERE id GLOB 'w[0-9]*' AND customer_id IS NULL"
    waiting = app.rows(unlinked)[0][0]
    pipeline.run()
    pipeline.warehouse.close()
    assert app.rows(unlinked) == [(0,)]
    assert holds(app.path)
    seen = {
        "writes acknowledged": len(written["inserted"]) + written["updates"],
        "lost": lost,
        "tries that met a lock": written["locked"],
        "longest wait in ms": round(1000 * written["longest"]),
        "rows linked by the next run": waiting,
    }
    record_property("figure", tally(f"a writer during a promotion ({mode})", seen))
