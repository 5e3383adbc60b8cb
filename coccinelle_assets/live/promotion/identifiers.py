"""Writing the customers' identifiers: what a record that comes in by day is looked up in."""

from __future__ import annotations

import sqlite3

from coccinelle_assets.live.promotion.undo_log import UndoLog
from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.live.sqlite.transaction import run, run_script, scalar
from coccinelle_assets.tables import CUSTOMER_IDENTIFIERS

FOLDER = "live/promotion/sql/identifiers"


def write_identifiers(
    live: sqlite3.Connection, schema: Schema, undo_log: UndoLog, *, prepared: bool
) -> int:
    """Write the plan's identifiers of customers that are there; returns the rows written.

    `schema` is as the promotion found it. Where the table was not there, `prepared` ones are taken
    as they lie, but for those of customers that are gone.
    """
    made = not schema.has(CUSTOMER_IDENTIFIERS)
    undo_log.identifiers(live, made=made)
    if made and prepared:
        columns = "tenant_id, kind, value, customer_id, usable, reason"
        live.execute(
            f"INSERT INTO main.{CUSTOMER_IDENTIFIERS} ({columns})"
            f" SELECT {columns} FROM prepared.{CUSTOMER_IDENTIFIERS}"
        )
        unavailable = "SELECT id FROM unavailable_customers"
        if scalar(live, f"SELECT EXISTS ({unavailable})"):
            live.execute(
                f"DELETE FROM main.{CUSTOMER_IDENTIFIERS} WHERE customer_id IN ({unavailable})"
            )
        return scalar(live, f"SELECT count(*) FROM main.{CUSTOMER_IDENTIFIERS}")
    gone = run(live, f"{FOLDER}/gone.sql").rowcount
    new = run(live, f"{FOLDER}/new.sql").rowcount
    return gone + new


def prepare_identifiers(prepared: sqlite3.Connection) -> None:
    """Write all of an attached plan's identifiers to a table that is new, and is copied by rows."""
    run(prepared, f"{FOLDER}/prepared.sql")


def forget_arrivals(live: sqlite3.Connection) -> None:
    """Forget what was derived by day and is promoted now: this promotion's baseline has it.

    That is no change by itself: where nothing else is written, the last baseline stays and it does.
    """
    run_script(live, f"{FOLDER}/arrivals.sql")
