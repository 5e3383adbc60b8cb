"""A run says what it needs before it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.warehouse import room
from coccinelle_assets.warehouse.room import require_room
from coccinelle_assets_tests.databases import AppDatabase


@pytest.fixture
def home(app: AppDatabase, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a database that is large enough to ask."""
    monkeypatch.setattr(room, "SMALL_DATABASE", 1)
    return app.path.parent / "home"


def test_a_database_that_there_is_room_for_is_run(app: AppDatabase, home: Path) -> None:
    require_room(app.path, home, 100)


def test_a_disk_without_room_is_told_before_anything_is_written(
    app: AppDatabase, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "HOME_FACTOR", 10**12)
    with pytest.raises(CoccinelleError, match=r"needs .* GB of disk and has .* COCCINELLE_HOME"):
        require_room(app.path, home, 100)


def test_the_journal_needs_room_beside_the_database(
    app: AppDatabase, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "JOURNAL_FACTOR", 10**12)
    with pytest.raises(CoccinelleError, match=r"beside .*app\.db: make room"):
        require_room(app.path, home, 100)


def test_what_the_home_holds_already_is_room(
    app: AppDatabase, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    (home / "warehouse.duckdb").write_bytes(b"\0" * app.path.stat().st_size)
    free = room.shutil.disk_usage(home).free
    monkeypatch.setattr(room, "HOME_FACTOR", 1 + (free + 1000) // app.path.stat().st_size)
    monkeypatch.setattr(room, "JOURNAL_FACTOR", 0)
    require_room(app.path, home, 100)


def test_a_machine_without_the_memory_is_told_so(app: AppDatabase, home: Path) -> None:
    with pytest.raises(CoccinelleError, match=r"of memory .* COCCINELLE_MEMORY_LIMIT_MB"):
        require_room(app.path, home, 10**9)
