"""Fixtures of publishing: two people in a small database, and the pipeline on it."""

from __future__ import annotations

import pytest

from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import JEAN
from coccinelle_assets_tests.pipeline import Pipeline


@pytest.fixture
def pipeline(app: AppDatabase) -> Pipeline:
    return Pipeline(app.path, busy_timeout_seconds=0.2)


@pytest.fixture
def small(app: AppDatabase) -> AppDatabase:
    """Jean and Anne, each with a prospect; Jean's appointment and Anne's conversation."""
    app.prospect(id="jean", first_name="Jean", last_name="Dupont", email="jean@ex.fr", phone=JEAN)
    app.prospect(id="anne", first_name="Anne", last_name="Morel", email="anne@lilas.fr")
    app.appointment(id="a1", customer_name="Jean Dupont", customer_phone="06 11 47 82 93")
    app.conversation(id="c1", customer_name="Anne Morel", customer_email="ANNE@lilas.fr")
    return app
