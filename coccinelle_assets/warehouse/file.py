"""The warehouse's file: one process at a time may write to it, and keeps all others out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from coccinelle_assets.errors import CoccinelleError

WAREHOUSE = "warehouse.duckdb"
SNAPSHOT = "snapshot.sqlite"
LOCK_POLL_SECONDS = 0.2


def open_warehouse(
    path: Path,
    busy_timeout_seconds: float,
    configuration: Mapping[str, str] | None = None,
    *,
    read_only: bool = False,
) -> DuckDBPyConnection:
    """Open the file, made on first use unless it is only read.

    Raises CoccinelleError when it is not there to be read, or when another process keeps it for
    longer than the timeout.
    """
    if read_only and not path.is_file():
        raise CoccinelleError(f"there is no warehouse at {path}: run a migration first")
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + busy_timeout_seconds
    while True:
        try:
            return duckdb.connect(path, read_only=read_only, config=dict(configuration or {}))
        except duckdb.IOException as error:
            if "lock" not in str(error):
                raise CoccinelleError(f"the warehouse cannot be opened: {error}") from error
            if time.monotonic() > deadline:
                raise CoccinelleError(
                    f"another run has used the warehouse {path} for "
                    f"{busy_timeout_seconds:g} s: wait for it to end and run again"
                ) from error
            time.sleep(LOCK_POLL_SECONDS)
