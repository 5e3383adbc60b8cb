"""Fixtures: a database of the application's, and the settings that point at it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from coccinelle_assets.local_runs.instance import open_instance
from coccinelle_assets.local_runs.run_job import RunOutcome, run_migration
from coccinelle_assets.settings import Settings, load_settings
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import JEAN


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("COCCINELLE_", "DAGSTER_HOME")):
            monkeypatch.delenv(name)


@pytest.fixture
def app(tmp_path: Path) -> AppDatabase:
    """An empty application database with the tenants t1 and t2."""
    return AppDatabase(tmp_path / "app.db")


@pytest.fixture
def small(app: AppDatabase) -> AppDatabase:
    """Jean and Anne, each with a prospect; Jean's appointment and Anne's conversation."""
    app.prospect(id="jean", first_name="Jean", last_name="Dupont", email="jean@ex.fr", phone=JEAN)
    app.prospect(id="anne", first_name="Anne", last_name="Morel", email="anne@lilas.fr")
    app.appointment(id="a1", customer_name="Jean Dupont", customer_phone="06 11 47 82 93")
    app.conversation(id="c1", customer_name="Anne Morel", customer_email="ANNE@lilas.fr")
    return app


@pytest.fixture
def settings(app: AppDatabase) -> Settings:
    return load_settings(database=app.path)


@pytest.fixture(scope="session")
def run_history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty Dagster home: making one takes as long as a run."""
    home = tmp_path_factory.mktemp("history") / "dagster"
    open_instance(home).dispose()
    return home


@pytest.fixture
def migrate(app: AppDatabase, run_history: Path) -> Callable[..., RunOutcome]:
    """Run the whole Dagster job on the application database."""

    def run(
        *, dry_run: bool = False, even_if_unchanged: bool = False, **overrides: object
    ) -> RunOutcome:
        settings = load_settings(database=app.path, **overrides)
        if not settings.dagster_home.exists():
            shutil.copytree(run_history, settings.dagster_home)
        return run_migration(settings, dry_run=dry_run, even_if_unchanged=even_if_unchanged)

    return run


@pytest.fixture
def untouched(app: AppDatabase) -> Callable[[], bool]:
    """Whether the database file is byte for byte what it was when the fixture was first asked."""
    state: dict[str, bytes] = {}

    def check() -> bool:
        return state.setdefault("bytes", app.path.read_bytes()) == app.path.read_bytes()

    return check
