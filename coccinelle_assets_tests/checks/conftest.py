"""Fixtures of the gates: a resolved warehouse that has news for a promoted database."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import ANNE, JEAN
from coccinelle_assets_tests.pipeline import Pipeline


@pytest.fixture(scope="module")
def resolved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a promoted database that has news, and the warehouse of what they mean."""
    directory = tmp_path_factory.mktemp("resolved")
    app = AppDatabase(directory / "app.db")
    app.home.mkdir(parents=True)
    app.prospect(first_name="Jean", last_name="Dupont", email="jean@ex.fr", phone=JEAN)
    app.prospect(first_name="Anne", last_name="Morel", email="anne@lilas.fr", phone=ANNE)
    app.appointment(customer_name="Jean Dupont", customer_phone=JEAN)
    app.conversation(customer_name="Anne Morel", customer_email="anne@lilas.fr")
    app.prospect("t2", first_name="Jean", last_name="Dupont", email="jean@ex.fr", phone=JEAN)
    pipeline = Pipeline(app.path, str(app.home / "warehouse.duckdb"))
    pipeline.run()
    app.prospect(first_name="Luc", last_name="Roux", email="luc@roux.fr")
    app.appointment(customer_name="Luc Roux", customer_email="luc@roux.fr")
    app.conversation(customer_name="Luc Roux", customer_email="luc@roux.fr")
    app.appointment(customer_name="Inconnu", customer_email="test@test.fr")
    pipeline.resolve()
    pipeline.warehouse.close()
    return directory


@pytest.fixture
def directory(resolved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(resolved, tmp_path / "copy"))
