"""Servers: one for all tests that leave it running, one of its own for those that do not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from coccinelle_assets_tests.api.server import Server, promoted_database, serving


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(promoted_database(tmp_path_factory.mktemp("api") / "app.db")) as running:
        yield running


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    with serving(promoted_database(tmp_path / "app.db")) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as open_client:
        yield open_client
