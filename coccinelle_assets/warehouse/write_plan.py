"""The plan of a promotion: what the warehouse decided against what the live database holds.

A plan is two SQLite files, so that the live database can attach it and a person can look at it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from coccinelle_assets.background import beside, one_core_each
from coccinelle_assets.live.promotion.plan_file import (
    SCRATCH_FILE,
    links_path,
    plan_link_tables,
    plan_tables,
)
from coccinelle_assets.sql import load_sql, one_row
from coccinelle_assets.tables import LINKED_TABLES
from coccinelle_assets.warehouse.load_sources import attach
from coccinelle_assets.warehouse.preview import write_customer_views


@dataclass(frozen=True, slots=True)
class PlanCounts:
    """How many rows of each kind a plan changes."""

    new_customers: int
    changed_customers: int
    merged_customers: int
    appointment_links: int
    conversation_links: int
    cleared_links: int
    identifiers: int
    statistics: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not any(getattr(self, name) for name in self.__slots__)


def write_plan(connection: DuckDBPyConnection, path: Path, run_id: str) -> PlanCounts:
    """Write the plan of a run to new SQLite files at `path` and beside it, in place of older ones.

    The links are written at the same time, by another thread to a file of their own: a SQLite file
    takes one writer. Then that thread computes the checksums.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_customer_views(connection)
    with (
        one_core_each(connection),
        connection.cursor() as cursor,
        beside(lambda: _write_links(cursor, path)) as links,
    ):
        with _new_file(connection, path, "plan", plan_tables()):
            connection.execute(load_sql("warehouse/sql/plan_rows.sql"))
        customers = _count(connection, "SELECT count(*) FROM ssot.customers")
        statistics = _count(connection, load_sql("warehouse/sql/plan_statistics.sql"))
        checksums = links.result()
    with closing(sqlite3.connect(path)) as plan, plan:
        plan.execute("PRAGMA synchronous = OFF")
        plan.execute("ATTACH ? AS plan_links", (str(links_path(path)),))
        texts = {name: f"{value or 0:032x}" for name, value in checksums}
        plan.execute("INSERT INTO plan VALUES (?, ?, ?)", (run_id, customers, json.dumps(texts)))
        return PlanCounts(
            new_customers=_count(plan, "SELECT count(*) FROM new_customers"),
            changed_customers=_count(plan, "SELECT count(*) FROM customer_changes"),
            merged_customers=_count(plan, "SELECT count(*) FROM customer_merges"),
            appointment_links=_count(plan, "SELECT count(*) FROM appointment_links WHERE changed"),
            conversation_links=_count(
                plan, "SELECT count(*) FROM conversation_links WHERE changed"
            ),
            cleared_links=_count(plan, "SELECT count(*) FROM cleared_links"),
            identifiers=_count(
                plan,
                "SELECT (SELECT count(*) FROM new_identifiers)"
                " + (SELECT count(*) FROM gone_identifiers)",
            ),
            statistics=statistics,
        )


def _write_links(connection: DuckDBPyConnection, plan: Path) -> list[tuple[str, int | None]]:
    """Write links and identifiers; returns the checksums of all that a plan was made from."""
    with _new_file(connection, links_path(plan), "plan_links", plan_link_tables()):
        for table, links in LINKED_TABLES.items():
            connection.execute(load_sql("warehouse/sql/plan_links.sql", table=table, links=links))
        connection.execute(load_sql("warehouse/sql/plan_identifiers.sql"))
    return connection.execute(load_sql("warehouse/sql/checksums.sql")).fetchall()


@contextmanager
def _new_file(connection: DuckDBPyConnection, path: Path, name: str, tables: str) -> Iterator[None]:
    """A new SQLite file, attached to the warehouse and filled by the block.

    `tables` are the statements that make its tables.
    """
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as empty:
        for pragma in SCRATCH_FILE:
            empty.execute(pragma)
        empty.executescript(tables)
    attach(connection, path, name, read_only=False)
    try:
        connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            # A file with an open transaction cannot be detached, and the error would be that.
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    finally:
        connection.execute(f"DETACH {name}")


def _count(connection: DuckDBPyConnection | sqlite3.Connection, query: str) -> int:
    return one_row(connection.execute(query))[0]
