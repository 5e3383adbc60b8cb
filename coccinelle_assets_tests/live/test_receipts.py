"""What a promotion leaves behind: receipts, backups, and nothing the second time."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from coccinelle_assets_tests.database_state import database_state
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.pipeline import Pipeline


def test_a_second_run_writes_no_row(small: AppDatabase, pipeline: Pipeline) -> None:
    pipeline.run()
    before = database_state(small.path)
    assert pipeline.plan().is_empty
    assert pipeline.publish().rows_written == 0
    assert database_state(small.path) == before


def test_every_promotion_that_writes_leaves_a_receipt_with_counts_and_checksums(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run()
    pipeline.run()
    ((run_id, counts, checksums),) = small.rows(
        "SELECT run_id, counts, checksums FROM customer_promotions"
    )
    assert run_id == "run-0001"
    numbers = json.loads(counts)
    assert numbers["new_customers"] == numbers["customers"] == 2
    assert numbers["appointment_links"] == numbers["conversation_links"] == 1
    assert numbers["rows_written"] == 4
    assert all(len(value) == 32 for value in json.loads(checksums).values())


def test_checksums_are_the_same_for_the_same_customers_on_a_copy(
    small: AppDatabase, tmp_path: Path
) -> None:
    copy = tmp_path / "elsewhere" / "copy.db"
    copy.parent.mkdir()
    copy.write_bytes(small.path.read_bytes())
    query = "SELECT checksums FROM customer_promotions"
    checksums = []
    for path in (small.path, copy):
        Pipeline(path).run()
        connection = sqlite3.connect(path)
        checksums.append(connection.execute(query).fetchone())
        connection.close()
    assert checksums[0] == checksums[1]


def test_backups_are_the_database_as_it_was_and_only_the_newest_are_kept(
    small: AppDatabase,
) -> None:
    pipeline = Pipeline(small.path, backups_kept=2)
    states = []
    for number in range(4):
        small.prospect(email=f"new{number}@ex.fr")
        states.append(database_state(small.path))
        pipeline.run()
    kept = sorted((pipeline.home / "backups").iterdir())
    assert [database_state(path) for path in kept] == states[-2:]
