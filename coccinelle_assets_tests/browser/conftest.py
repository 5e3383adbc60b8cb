"""One webserver and one browser for all tests of the UI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coccinelle_assets.demo import write_demo_database
from coccinelle_assets_tests.browser.webserver import dagster_dev

# Playwright is imported by what needs it: the default suite collects these tests without it.
if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from coccinelle_assets_tests.browser.dagster_ui import DagsterUI

ROWS = 2_000


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo database that was never migrated."""
    path = tmp_path_factory.mktemp("ui") / "coccinelle.db"
    write_demo_database(path, ROWS)
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from coccinelle_assets_tests.browser.dagster_ui import chromium

    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def ui(browser: Browser, database: Path) -> Iterator[DagsterUI]:
    """The UI over the database; SCREENSHOTS names a directory for pictures of it."""
    from coccinelle_assets_tests.browser.dagster_ui import DagsterUI

    images = os.environ.get("SCREENSHOTS")
    with dagster_dev(database) as address:
        yield DagsterUI(browser, address, Path(images) if images else None)
