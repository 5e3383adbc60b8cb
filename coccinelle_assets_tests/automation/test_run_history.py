"""The command line's run history: Dagster's own files, written over connections that stay open."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from dagster import DagsterInstance
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from coccinelle_assets.automation.run_history import open_instance
from coccinelle_assets_tests.databases import schema_objects


@pytest.fixture
def home(run_history: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run_history, tmp_path / "dagster"))


def test_events_are_written_over_connections_that_stay_open(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    connect = sqlite3.connect

    def counted(path: str, *args: object, **kwargs: object) -> sqlite3.Connection:
        opened.append(Path(path).name)
        return connect(path, *args, **kwargs)

    with open_instance(home) as instance:
        instance.event_log_storage.get_maximum_record_id()
        monkeypatch.setattr(
            "sqlalchemy.dialects.sqlite.pysqlite.SQLiteDialect_pysqlite.connect",
            lambda _dialect, *args, **kwargs: counted(*args, **kwargs),
        )
        for number in range(5):
            instance.report_engine_event(f"event {number}", run_id="a-run", job_name="a_job")
        assert opened.count("a-run.db") == 1
        assert opened.count("index.db") == 0
    monkeypatch.undo()
    with DagsterInstance.from_config(str(home)) as plain:
        assert type(plain.event_log_storage) is SqliteEventLogStorage
        events = [entry.message for entry in plain.all_logs("a-run")]
    assert events == [f"event {number}" for number in range(5)]


def test_a_run_gets_the_tables_that_dagster_itself_makes(home: Path, tmp_path: Path) -> None:
    with open_instance(home) as instance:
        instance.report_engine_event("an event", run_id="ours", job_name="a_job")
    own = SqliteEventLogStorage(str(tmp_path / "own"))
    with own.run_connection("theirs"):
        pass
    ours, theirs = home / "history" / "runs" / "ours.db", tmp_path / "own" / "theirs.db"
    assert schema_objects(ours) == schema_objects(theirs)
    assert _revision(ours) == _revision(theirs)


def _revision(database: Path) -> list[tuple[str]]:
    connection = sqlite3.connect(database)
    try:
        return connection.execute("SELECT version_num FROM alembic_version").fetchall()
    finally:
        connection.close()
