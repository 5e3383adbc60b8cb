"""The customers of a first promotion, written with all their indexes beside the transaction.

A table that the promotion makes itself is empty, and SQLite copies rows and index entries into an
empty table as they lie, without sorting or comparing any, when they come from a table with the very
same columns, constraints and indexes (the "transfer optimization" in its insert.c). So another
thread builds such a table in a file of its own, while the transaction writes and counts links.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.promotion.expand import (
    create_companion_tables,
    create_customer_indexes,
    create_customers_table,
)
from coccinelle_assets.live.promotion.identifiers import prepare_identifiers
from coccinelle_assets.live.promotion.plan_file import SCRATCH_FILE, attach_plan
from coccinelle_assets.live.sqlite.transaction import run

# The prepared table's own cache, at least and at most. Its indexes are filled in no order, so what
# no longer fits is read and written again and again: they are about half as large as the plan.
CACHE_KIB = 64 * 1024
MAX_CACHE_KIB = 512 * 1024
PREPARED = "new_customers.sqlite"
TRANSFER = "INSERT INTO main.customers SELECT * FROM prepared.customers"


def prepare_customers(plan: Path) -> Path:
    """Write the new customers of a plan to a file beside it, and return that.

    Raises CoccinelleError when two of them would have one id, e-mail or phone.
    """
    path = plan.with_name(PREPARED)
    path.unlink(missing_ok=True)
    uri = path.absolute().as_uri()
    with closing(sqlite3.connect(uri, isolation_level=None, uri=True)) as prepared:
        for pragma in SCRATCH_FILE:
            prepared.execute(pragma)
        cache = min(max(CACHE_KIB, plan.stat().st_size // 1024 // 2), MAX_CACHE_KIB)
        prepared.execute(f"PRAGMA cache_size = -{cache}")
        attach_plan(prepared, plan)
        prepared.execute("BEGIN")
        create_customers_table(prepared)
        written = run(prepared, "live/promotion/sql/new_customers.sql", kept="TRUE").rowcount
        planned = prepared.execute("SELECT count(*) FROM plan.new_customers").fetchone()[0]
        if written < planned:
            raise CoccinelleError(
                f"{planned - written} customers of the plan {plan} share an id, e-mail or phone "
                "with another one: run the whole migration again; nothing was written"
            )
        create_customer_indexes(prepared)
        create_companion_tables(prepared)
        prepare_identifiers(prepared)
        prepared.execute("COMMIT")
    return path


def take_prepared_customers(live: sqlite3.Connection, prepared: Path) -> None:
    """Copy prepared customers into the live table, which is new and empty.

    Called inside the transaction, with foreign keys off; the file stays attached to its end.
    """
    live.execute("ATTACH ? AS prepared", (f"{prepared.absolute().as_uri()}?mode=ro",))
    live.execute(TRANSFER)


def forget_prepared_customers(live: sqlite3.Connection, plan: Path) -> None:
    """Detach and remove the file of a plan's prepared customers, if there is one."""
    if any(name == "prepared" for _, name, _ in live.execute("PRAGMA database_list")):
        live.execute("DETACH prepared")
    plan.with_name(PREPARED).unlink(missing_ok=True)
