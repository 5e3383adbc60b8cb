"""Promoting beside the application: its locks, its writes, its readers."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable

import pytest

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import holds
from coccinelle_assets_tests.pipeline import Pipeline


def test_a_writer_that_stays_is_one_clear_error_and_nothing_is_written(
    small: AppDatabase, pipeline: Pipeline, untouched: Callable[[], bool]
) -> None:
    pipeline.plan()
    assert untouched()
    writer = sqlite3.connect(small.path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with pytest.raises(CoccinelleError, match=r"app\.db stayed locked for 0\.2 s"):
        pipeline.publish()
    writer.execute("ROLLBACK")
    writer.close()
    assert untouched()
    assert pipeline.publish().rows_written == 4


def test_a_reader_that_stays_keeps_the_commit_out_and_nothing_is_written(
    small: AppDatabase, pipeline: Pipeline, untouched: Callable[[], bool]
) -> None:
    pipeline.plan()
    assert untouched()
    reader = sqlite3.connect(small.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM prospects").fetchone()
    with pytest.raises(CoccinelleError, match="stayed locked"):
        pipeline.publish()
    reader.execute("ROLLBACK")
    reader.close()
    assert untouched()
    assert pipeline.publish().rows_written == 4


def test_a_short_write_of_the_application_only_delays_the_promotion(small: AppDatabase) -> None:
    pipeline = Pipeline(small.path, busy_timeout_seconds=10)
    pipeline.plan()
    writer = sqlite3.connect(small.path, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE appointments SET notes = 'en cours'")
    release = threading.Timer(0.3, writer.execute, ("COMMIT",))
    release.start()
    assert pipeline.publish().rows_written == 4
    release.join()
    writer.close()
    assert small.rows("SELECT notes FROM appointments") == [("en cours",)]


def test_the_application_writes_at_any_step_before_the_publication(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    writer = sqlite3.connect(small.path, isolation_level=None, timeout=0)
    pipeline.resolve()
    writer.execute("UPDATE appointments SET notes = 'one'")
    pipeline.plan()
    writer.execute("UPDATE appointments SET notes = 'two'")
    writer.close()
    pipeline.publish()
    assert small.rows("SELECT notes FROM appointments") == [("two",)]
    assert holds(small.path)


def test_a_database_in_wal_mode_stays_in_it_and_its_readers_are_not_blocked(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    small.execute("PRAGMA journal_mode = WAL")
    reader = sqlite3.connect(small.path, isolation_level=None)
    reader.execute("BEGIN")
    before = reader.execute("SELECT * FROM appointments").fetchall()
    assert pipeline.run().rows_written == 4
    assert reader.execute("SELECT * FROM appointments").fetchall() == before
    reader.execute("ROLLBACK")
    assert reader.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    reader.close()
    assert holds(small.path)
