"""Fixtures of the resolution's tests."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from duckdb import DuckDBPyConnection


@pytest.fixture(scope="session")
def engine() -> Iterator[DuckDBPyConnection]:
    """A DuckDB to run single models and macros on; tests leave nothing in it that they rely on."""
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection
