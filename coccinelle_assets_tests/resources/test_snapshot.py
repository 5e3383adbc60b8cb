"""The snapshot of a run: taken when somebody wrote, kept as the backup when nobody did since."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from coccinelle_assets.definitions import build_resources
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets.local_runs.run_job import RunOutcome
from coccinelle_assets.resources.live_database import LiveDatabase
from coccinelle_assets.settings import load_settings
from coccinelle_assets_tests.database_state import database_state
from coccinelle_assets_tests.databases import AppDatabase


@pytest.fixture
def live_database(app: AppDatabase) -> LiveDatabase:
    app.prospect(id="jean", first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    settings = load_settings(database=app.path, busy_timeout_seconds=0.1)
    return build_resources(settings).live_database


def backups(live_database: LiveDatabase) -> list[Path]:
    return sorted(live_database.backup_directory.iterdir())


def back_up(live_database: LiveDatabase) -> Path:
    with open_live(Path(live_database.path), 1) as live:
        return live_database.back_up(live, "test")


def test_a_snapshot_is_taken_again_only_when_somebody_wrote(
    app: AppDatabase, live_database: LiveDatabase
) -> None:
    live_database.take_snapshot()
    first = live_database.snapshot_path.stat().st_ino
    live_database.take_snapshot()
    assert live_database.snapshot_path.stat().st_ino == first
    app.prospect(email="anne@ex.fr")
    live_database.take_snapshot()
    assert live_database.snapshot_path.stat().st_ino != first
    assert database_state(live_database.snapshot_path) == database_state(app.path)


def test_a_snapshot_that_is_taken_ahead_is_the_runs_own(
    app: AppDatabase, live_database: LiveDatabase
) -> None:
    live_database.take_snapshot_ahead()
    ahead = live_database.snapshot_path.stat().st_ino
    live_database.take_snapshot()
    assert live_database.snapshot_path.stat().st_ino == ahead
    assert database_state(live_database.snapshot_path) == database_state(app.path)


def test_a_snapshot_that_cannot_be_taken_ahead_is_left_to_the_run(
    app: AppDatabase, live_database: LiveDatabase
) -> None:
    with closing(sqlite3.connect(app.path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        live_database.take_snapshot_ahead()
        assert not live_database.snapshot_path.exists()
        writer.execute("ROLLBACK")
    live_database.take_snapshot()
    assert live_database.snapshot_path.exists()


def test_an_exact_snapshot_becomes_the_backup(
    app: AppDatabase, live_database: LiveDatabase
) -> None:
    live_database.take_snapshot()
    taken = live_database.snapshot_path.stat().st_ino
    backup = back_up(live_database)
    assert backup.stat().st_ino == taken
    assert not live_database.snapshot_path.exists()
    assert database_state(backup) == database_state(app.path)


def test_later_runs_leave_a_backup_as_it_is_and_so_does_damage_to_the_home(
    app: AppDatabase, migrate: Callable[..., RunOutcome], live_database: LiveDatabase
) -> None:
    before = database_state(app.path)
    assert migrate().is_done
    (first,) = backups(live_database)
    assert first.stat().st_nlink == 1
    assert database_state(first) == before
    for file in live_database.home_directory.glob("*"):
        if file.is_file() and file.suffix in (".sqlite", ".json"):
            os.truncate(file, 0)
    assert database_state(first) == before
    app.prospect(email="anne@ex.fr")
    changed = database_state(app.path)
    assert migrate().is_done
    assert [database_state(path) for path in backups(live_database)] == [before, changed]


def test_a_database_that_somebody_wrote_to_since_is_copied_for_the_backup(
    app: AppDatabase, live_database: LiveDatabase
) -> None:
    live_database.take_snapshot()
    app.prospect(email="anne@ex.fr")
    backup = back_up(live_database)
    assert (
        database_state(backup)
        == database_state(app.path)
        != database_state(live_database.snapshot_path)
    )


def test_a_backup_leaves_the_lock_of_a_wal_database_alone(
    app: AppDatabase, live_database: LiveDatabase
) -> None:
    app.execute("PRAGMA journal_mode = WAL")
    live_database.take_snapshot()
    log = app.path.with_name(app.path.name + "-wal")
    reader = (
        "import sqlite3, sys; other = sqlite3.connect(sys.argv[1]);"
        " other.execute('SELECT count(*) FROM prospects').fetchall(); other.close()"
    )
    with open_live(app.path, 1, writable=True) as live:
        assert live_database.version_as_snapshot(live) is None
        live_database.back_up(live, "test")
        live.execute("BEGIN IMMEDIATE")
        live.execute("UPDATE prospects SET first_name = 'Jeanne'")
        # The last one to close a WAL database removes its log: another process is not the last.
        subprocess.run([sys.executable, "-c", reader, str(app.path)], check=True)
        assert log.exists()
        live.execute("COMMIT")
    assert app.rows("SELECT first_name FROM prospects") == [("Jeanne",)]


def test_the_version_of_an_exact_snapshot_is_told_until_somebody_writes(
    app: AppDatabase, live_database: LiveDatabase
) -> None:
    live_database.take_snapshot()
    with open_live(app.path, 1) as live:
        version = live_database.version_as_snapshot(live)
        assert version == live.execute("PRAGMA data_version").fetchone()[0]
        app.prospect(email="anne@ex.fr")
        assert live_database.version_as_snapshot(live) is None
        assert version != live.execute("PRAGMA data_version").fetchone()[0]


def test_where_backups_are_on_another_disk_the_backup_is_a_copy(
    app: AppDatabase, live_database: LiveDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = Path.replace

    def refuse(source: Path, target: Path) -> Path:
        if source == live_database.snapshot_path:
            raise OSError(errno.EXDEV, "another disk")
        return moved(source, target)

    live_database.take_snapshot()
    monkeypatch.setattr(Path, "replace", refuse)
    backup = back_up(live_database)
    assert live_database.snapshot_path.exists()
    assert database_state(backup) == database_state(app.path)


def test_the_backup_keeps_text_that_the_snapshot_was_repaired_of(
    app: AppDatabase, migrate: Callable[..., RunOutcome], live_database: LiveDatabase
) -> None:
    app.execute(
        "INSERT INTO appointments (id, tenant_id, customer_name, customer_email, appointment_date)"
        " VALUES ('odd', 't1', CAST(x'4ae9616e' AS TEXT), 'odd@ex.fr', '2025-01-01 10:00:00')"
    )
    original = shutil.copyfile(app.path, app.path.with_name("original.db"))
    assert migrate().is_done
    (backup,) = backups(live_database)
    query = "SELECT CAST(customer_name AS BLOB) FROM appointments WHERE id = 'odd'"
    names = []
    for path in (backup, original, live_database.snapshot_path):
        with closing(sqlite3.connect(path)) as connection:
            names.append(connection.execute(query).fetchone()[0])
    assert names == [b"J\xe9an", b"J\xe9an", "J�an".encode()]
