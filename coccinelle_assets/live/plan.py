"""The plan of a promotion: what the warehouse decided against what the live database holds.

A plan is a SQLite file, so that the live database can attach it and a person can look at it.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.gate import write_customer_views
from coccinelle_assets.live.warehouse_sources import attach
from coccinelle_assets.resolution.linkage import LINKED_TABLES
from coccinelle_assets.sql import load_sql

PACKAGE = "coccinelle_assets.live"


@dataclass(frozen=True, slots=True)
class PlanCounts:
    """How many rows of each kind a plan changes."""

    new_customers: int
    changed_customers: int
    merged_customers: int
    appointment_links: int
    conversation_links: int
    cleared_links: int
    statistics: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not any(getattr(self, name) for name in self.__slots__)


def write_plan(connection: DuckDBPyConnection, path: Path, run_id: str) -> PlanCounts:
    """Write the plan of a run to a new SQLite file at `path`, in place of an older one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    empty = sqlite3.connect(path)
    try:
        # The plan is written once and thrown away: nothing needs to survive a crash of it.
        empty.execute("PRAGMA journal_mode = OFF")
        empty.executescript(load_sql(PACKAGE, "sql/plan_tables.sql"))
    finally:
        empty.close()
    write_customer_views(connection)
    attach(connection, path, "plan", read_only=False)
    try:
        connection.execute("BEGIN")
        connection.execute(load_sql(PACKAGE, "sql/plan_rows.sql"))
        for table, links in LINKED_TABLES.items():
            connection.execute(load_sql(PACKAGE, "sql/plan_links.sql", table=table, links=links))
        connection.execute("COMMIT")
    finally:
        connection.execute("DETACH plan")
    checksums = connection.execute(load_sql(PACKAGE, "sql/checksums.sql")).fetchall()
    customers = _count(connection, "SELECT count(*) FROM ssot.customers")
    statistics = _count(connection, load_sql(PACKAGE, "sql/plan_statistics.sql"))
    written = sqlite3.connect(path)
    try:
        texts = {name: f"{value or 0:032x}" for name, value in checksums}
        with written:
            written.execute(
                "INSERT INTO plan VALUES (?, ?, ?)", (run_id, customers, json.dumps(texts))
            )
        return PlanCounts(
            new_customers=_count(written, "SELECT count(*) FROM new_customers"),
            changed_customers=_count(written, "SELECT count(*) FROM customer_changes"),
            merged_customers=_count(written, "SELECT count(*) FROM customer_merges"),
            appointment_links=_count(
                written, "SELECT count(*) FROM appointment_links WHERE changed"
            ),
            conversation_links=_count(
                written, "SELECT count(*) FROM conversation_links WHERE changed"
            ),
            cleared_links=_count(written, "SELECT count(*) FROM cleared_links"),
            statistics=statistics,
        )
    finally:
        written.close()


def attach_plan(connection: sqlite3.Connection, path: Path) -> None:
    """Attach a plan, read-only, to a connection that takes URIs.

    Raises CoccinelleError when there is none.
    """
    if not path.is_file():
        raise CoccinelleError(f"there is no plan at {path}: run the whole migration first")
    connection.execute("ATTACH ? AS plan", (f"{path.absolute().as_uri()}?mode=ro",))


def _count(connection: DuckDBPyConnection | sqlite3.Connection, query: str) -> int:
    return connection.execute(query).fetchone()[0]
