"""The least work that any migration of this kind does: read the sources, write a known result.

    python -m benchmarks.floor DATABASE KNOWN WORKDIR

Nothing is resolved, checked or backed up. DATABASE is read; KNOWN holds the customers and links
of a finished migration (sql/known.sql); they are written to WORKDIR/live.db, a copy of DATABASE
that is made beforehand. Imports next to nothing of the package: its start counts too.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import time
from importlib.resources import files
from pathlib import Path

import duckdb

from coccinelle_assets.sql import load_sql, statements

# As in coccinelle_assets/live/promotion/run.py, which would take long to import.
CACHE_KIB = 128 * 1024
LIVE = "live.db"


def read_sources(database: Path) -> int:
    """Read the used columns of the three tables into memory; returns the number of rows."""
    extension = files("duckdb_extension_sqlite_scanner").joinpath(
        "extensions", f"v{duckdb.__version__}", "sqlite_scanner.duckdb_extension"
    )
    with duckdb.connect() as connection:
        connection.execute("LOAD '" + str(extension).replace("'", "''") + "'")
        connection.execute("SET GLOBAL sqlite_all_varchar = true")
        quoted = str(database).replace("'", "''")
        connection.execute(f"ATTACH '{quoted}' AS source (TYPE sqlite, READ_ONLY)")
        rows = 0
        for statement in statements(load_sql("sql/floor_read.sql", package="benchmarks")):
            rows += connection.execute(statement).fetchone()[0]
        return rows


def write_known(live: Path, known: Path) -> int:
    """Write the known customers and links in one transaction; returns the rows changed.

    Raises RuntimeError when the known result is not that of this database.
    """
    connection = sqlite3.connect(live, isolation_level=None)
    try:
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute("ATTACH ? AS known", (str(known),))
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            load_sql(
                "live/promotion/sql/customers_table.sql",
                tenant_key=",\n    FOREIGN KEY (tenant_id) REFERENCES tenants (id)",
            )
        )
        for statement in statements(load_sql("sql/floor_write.sql", package="benchmarks")):
            connection.execute(statement)
        for name in ("customers_indexes", "link_indexes"):
            script = load_sql(f"live/promotion/sql/{name}.sql")
            for statement in statements(script):
                connection.execute(statement)
        changed = connection.total_changes
        connection.execute("COMMIT")
        expected = sum(
            connection.execute(f"SELECT count(*) FROM known.{table}").fetchone()[0]
            for table in ("customers", "appointment_links", "conversation_links")
        )
    finally:
        connection.close()
    if changed != expected:
        raise RuntimeError(
            f"{changed} rows changed, {expected} known: KNOWN is of another database"
        )
    return changed


def main() -> None:
    """Read, then write; prints rows and seconds of both as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floor", description=__doc__)
    parser.add_argument("database", type=Path)
    parser.add_argument("known", type=Path)
    parser.add_argument("workdir", type=Path, help=f"holds {LIVE}, the copy that is written")
    options = parser.parse_args()
    live = options.workdir / LIVE
    if not live.is_file():
        parser.error(f"{live} is missing: copy the database there first")
    started = time.perf_counter()
    read = read_sources(options.database)
    between = time.perf_counter()
    written = write_known(live, options.known)
    outcome = {
        "rows_read": read,
        "read_seconds": round(between - started, 3),
        "rows_written": written,
        "write_seconds": round(time.perf_counter() - between, 3),
    }
    print(json.dumps(outcome))


if __name__ == "__main__":
    main()
