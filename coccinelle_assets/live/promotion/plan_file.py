"""The plan file: what a promotion is going to write, as a SQLite file that it attaches."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.sql import load_sql
from coccinelle_assets.tables import LINKED_TABLES

# Files that are written once and thrown away: nothing needs to survive a crash, and large pages are
# filled in less time than SQLite's usual 4 KiB.
SCRATCH_FILE = (
    "PRAGMA page_size = 16384",
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
)


def plan_tables() -> str:
    """The statements that make a plan's tables, the gate's count of the links among them."""
    count = load_sql("live/statistics/sql/link_statistics_table.sql", table="link_statistics")
    return f"{load_sql('live/promotion/sql/plan_tables.sql')}\n{count};"


def plan_link_tables() -> str:
    """The statements that make the tables of a plan's links and identifiers."""
    tables = "".join(
        load_sql("live/promotion/sql/plan_link_tables.sql", links=links)
        for links in LINKED_TABLES.values()
    )
    return tables + load_sql("live/promotion/sql/plan_identifier_tables.sql")


def links_path(plan: Path) -> Path:
    """The file of a plan's links."""
    return plan.with_name(f"{plan.stem}_links{plan.suffix}")


def attach_plan(connection: sqlite3.Connection, path: Path) -> None:
    """Attach a plan, read-only, to a connection that takes URIs.

    Raises CoccinelleError when there is none.
    """
    for name, file in {"plan": path, "plan_links": links_path(path)}.items():
        if not file.is_file():
            raise CoccinelleError(f"there is no plan at {file}: run the whole migration first")
        connection.execute(f"ATTACH ? AS {name}", (f"{file.absolute().as_uri()}?mode=ro",))


def detach_plan(connection: sqlite3.Connection) -> None:
    """Undo `attach_plan`."""
    for name in ("plan", "plan_links"):
        connection.execute(f"DETACH {name}")
