"""What DuckDB writes to the disk for want of memory: bounded, and freed after a killed run."""

from __future__ import annotations

import shutil
from pathlib import Path

from duckdb import DuckDBPyConnection

# Of the free disk. The rest is for the plan, the backup and the journal of the transaction, and for
# the application, whose database is often on the same one.
SPILL_SHARE = 0.8


def spill_directory(warehouse: Path) -> Path:
    """Where DuckDB spills to: its own choice for a warehouse."""
    return warehouse.with_name(f"{warehouse.name}.tmp")


def tend_spill(connection: DuckDBPyConnection, warehouse: Path) -> None:
    """Remove what a killed process spilled, and bound what this one may.

    `connection` is writable: no other process has the warehouse open.
    """
    # Listed before DuckDB is asked: a file that it makes in between is not in the list.
    files = list(spill_directory(warehouse).glob("duckdb_temp_*"))
    spilled = connection.execute("SELECT path, size FROM duckdb_temporary_files()").fetchall()
    used = {Path(path).name for path, _ in spilled}
    for file in files:
        if file.name not in used:
            file.unlink(missing_ok=True)
    room = shutil.disk_usage(warehouse.parent).free + sum(size for _, size in spilled)
    connection.execute(f"SET max_temp_directory_size = '{int(room * SPILL_SHARE)}B'")
