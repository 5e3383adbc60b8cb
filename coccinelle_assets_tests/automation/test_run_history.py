"""The command line's run history: Dagster's own files, written over connections that stay open."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from dagster import DagsterInstance
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage

from coccinelle_assets.local_runs import instance as history
from coccinelle_assets.local_runs.instance import open_instance
from coccinelle_assets_tests.database_state import database_state

DATABASES = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")


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
    assert database_state(ours).definitions == database_state(theirs).definitions
    assert _revision(ours) == _revision(theirs)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's cache of their own."""
    directory = tmp_path / "cache"
    monkeypatch.setattr(history.platformdirs, "user_cache_path", lambda _name: directory)
    return directory


def test_a_new_home_gets_the_databases_that_dagster_itself_makes(
    cache: Path, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        with open_instance(tmp_path / name) as instance:
            assert instance.get_runs() == []
    plain = tmp_path / "dagster"
    plain.mkdir()
    DagsterInstance.local_temp(str(plain)).dispose()
    assert [path.name for path in cache.iterdir()] == [f"dagster-{history.dg.__version__}"]
    for name in DATABASES:
        for home in ("first", "second"):
            ours, theirs = tmp_path / home / name, plain / name
            assert database_state(ours).definitions == database_state(theirs).definitions
            assert _revision(ours) == _revision(theirs)
            assert _marked(ours) == _marked(theirs)


def test_a_home_is_made_where_nothing_can_be_cached(cache: Path, tmp_path: Path) -> None:
    cache.write_text("in the way", encoding="utf-8")
    with open_instance(tmp_path / "home") as instance:
        instance.report_engine_event("an event", run_id="a-run", job_name="a_job")
        assert len(instance.all_logs("a-run")) == 1
    assert all((tmp_path / "home" / name).is_file() for name in DATABASES)


def test_a_home_that_another_process_makes_at_the_same_time_is_kept(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for directory in (ours, theirs):
        directory.mkdir()
        (directory / directory.name).touch()
    history._move(ours, theirs)
    assert (theirs / "theirs").exists()
    assert not ours.exists()


def test_a_home_of_dagsters_own_is_read_and_written(cache: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with DagsterInstance.local_temp(str(home)) as plain:
        plain.report_engine_event("theirs", run_id="a-run", job_name="a_job")
    with open_instance(home) as instance:
        instance.report_engine_event("ours", run_id="a-run", job_name="a_job")
        assert isinstance(instance.run_storage, SqliteRunStorage)
        assert instance.event_log_storage.has_table("asset_keys")
        assert not instance.event_log_storage.has_table("absent")
        assert [entry.message for entry in instance.all_logs("a-run")] == ["theirs", "ours"]


def _marked(database: Path) -> list[tuple[str]]:
    """Which of Dagster's data migrations a database says are done."""
    return _rows(database, "SELECT name FROM secondary_indexes ORDER BY name")


def _revision(database: Path) -> list[tuple[str]]:
    return _rows(database, "SELECT version_num FROM alembic_version")


def _rows(database: Path, query: str) -> list[tuple[str]]:
    connection = sqlite3.connect(database)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()
