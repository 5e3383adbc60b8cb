"""One spelling names a database: a path is a SQLite file, d1:NAME a D1 database."""

from __future__ import annotations

from pathlib import Path

import pytest

from coccinelle_assets.definitions import build_resources
from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.d1.database import D1Database
from coccinelle_assets.live.d1.wrangler import WranglerError, find_wrangler
from coccinelle_assets.live.database import SqliteDatabase
from coccinelle_assets.live.open_database import database_of
from coccinelle_assets.settings import load_settings


def test_a_path_is_a_sqlite_file_with_its_home_beside_it(tmp_path: Path) -> None:
    settings = load_settings(database=tmp_path / "app.db")
    assert database_of(settings) == SqliteDatabase(tmp_path / "app.db", 30)
    assert settings.home_directory == tmp_path / ".coccinelle" / "app.db"


def test_d1_has_its_home_in_the_wrangler_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COCCINELLE_DATABASE", "d1:app-db")
    monkeypatch.setenv("COCCINELLE_WRANGLER_DIR", str(tmp_path))
    monkeypatch.setenv("COCCINELLE_D1_REMOTE", "false")
    settings = load_settings()
    home = tmp_path / ".coccinelle" / "d1-app-db-local"
    assert settings.home_directory == home
    for database in (database_of(settings), build_resources(settings).live_database.database):
        assert isinstance(database, D1Database)
        assert (database.name, database.wrangler.place.remote) == ("d1:app-db", False)
        assert database.directory == home / "d1" / "local" / "app-db"


def test_a_d1_database_is_not_guessed_to_be_the_local_or_the_remote_one(tmp_path: Path) -> None:
    settings = load_settings(database=Path("d1:app-db"), wrangler_dir=tmp_path)
    with pytest.raises(CoccinelleError, match="say --remote or --local"):
        _ = database_of(settings)


def test_a_missing_wrangler_is_said_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CoccinelleError, match="run `npm install wrangler`"):
        find_wrangler(tmp_path)


@pytest.mark.parametrize(
    ("text", "refusal", "conflict", "final"),
    [
        ("CHECK constraint failed: links_lead: SQLITE_CONSTRAINT", True, True, True),
        ("table customers already exists: SQLITE_ERROR", True, True, True),
        ('near "x": syntax error at offset 1: SQLITE_ERROR', True, False, True),
        ("database is locked: SQLITE_BUSY", False, False, False),
        ("Currently processing a long-running export.", False, False, False),
        ("fetch failed", False, False, False),
        ("was killed (signal 9)", False, False, False),
        ("Authentication error [code: 10000]", False, False, True),
    ],
)
def test_an_error_of_wrangler_is_a_refusal_a_conflict_or_to_be_tried_again(
    text: str, refusal: bool, conflict: bool, final: bool
) -> None:
    error = WranglerError(text, "d1 execute")
    assert (error.is_refusal, error.is_conflict, error.is_final) == (refusal, conflict, final)
