"""A fixture of promotions: the pipeline, which waits for nobody for long."""

from __future__ import annotations

import pytest

from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.pipeline import Pipeline


@pytest.fixture
def pipeline(app: AppDatabase) -> Pipeline:
    return Pipeline(app.path, busy_timeout_seconds=0.2)
