"""The questions asked of a database before a run resolves anything, on a copy of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.preflight.trial_rows import require_rows_taken
from coccinelle_assets.live.preflight.way_back import promote_empty_copy, require_way_back
from coccinelle_assets.live.promotion.expand import (
    create_companion_tables,
    create_customers_table,
)
from coccinelle_assets.live.receipts import first_promotion, last_promotion
from coccinelle_assets.live.sqlite.columns import every_column
from coccinelle_assets.live.sqlite.empty_copy import empty_copy, require_known
from coccinelle_assets.live.sqlite.schema import Schema, require_sources
from coccinelle_assets.live.sqlite.transaction import run, scalar
from coccinelle_assets.live.statistics.triggers import TRIGGERS
from coccinelle_assets.sql import quoted
from coccinelle_assets.tables import COMPANION_TABLES, CUSTOMER_COLUMNS, LINKED_TABLES, Column


def require_fit(snapshot: sqlite3.Connection, schema: Schema, database: str) -> None:
    """Refuse a database that a promotion would harm, or that could not be given back.

    Raises CoccinelleError that names the table, column or rule, and says what can be done.
    """
    encoding = scalar(snapshot, "PRAGMA encoding")
    if encoding != "UTF-8":
        raise CoccinelleError(
            f"{database} holds its text as {encoding}, and only databases in UTF-8 can be "
            "migrated: write it anew in UTF-8 (sqlite3 .dump); nothing was written"
        )
    require_sources(schema, database)
    _require_names_free(snapshot)
    _require_links_free(snapshot, schema)
    _require_written_columns(schema)
    require_known(snapshot, "customers", "customers cannot be written to their table")
    with empty_copy(snapshot) as copy:
        if last_promotion(snapshot) is None:
            require_way_back(copy, database)
        promote_empty_copy(copy, database)
        require_rows_taken(copy)


def _require_names_free(snapshot: sqlite3.Connection) -> None:
    """What has a name of ours, and is not, would be taken for ours: written to, and dropped."""
    rows = snapshot.execute(
        "SELECT type, lower(name), name, lower(tbl_name) FROM sqlite_master"
        " WHERE type IN ('table', 'view', 'trigger')"
    )
    promoted = first_promotion(snapshot) is not None
    for kind, known, name, table in rows.fetchall():
        is_taken = kind != "trigger" and known in COMPANION_TABLES and not promoted
        if is_taken and kind == "table":
            is_taken = not _is_as_ours(snapshot, known)
        if is_taken or (kind == "trigger" and known in TRIGGERS and table not in LINKED_TABLES):
            raise CoccinelleError(
                f"the application has a {kind} {name}, a name that a migration needs for its own: "
                "give it another name; nothing was written"
            )


def _is_as_ours(snapshot: sqlite3.Connection, table: str) -> bool:
    """Whether a table is one of ours without a row, as a promotion would make it."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        create_customers_table(made)
        create_companion_tables(made)
        run(made, "live/promotion/sql/row_journal.sql")
        wanted = set(every_column(made, table))
    present = {name.lower() for name in every_column(snapshot, table)}
    has_rows = scalar(snapshot, f"SELECT EXISTS (SELECT 1 FROM {table})")
    return bool(wanted) and wanted <= present and not has_rows


def _require_written_columns(schema: Schema) -> None:
    """Nobody can write a generated column."""
    written = {"customers": CUSTOMER_COLUMNS, **dict.fromkeys(LINKED_TABLES, ("customer_id",))}
    for table, columns in written.items():
        for column in sorted(schema.computed.get(table, ())):
            if column.lower() in columns:
                raise CoccinelleError(
                    f"{table}.{column} is a generated column, and a migration has to write it: "
                    "give it another name; nothing was written"
                )


def _require_links_free(snapshot: sqlite3.Connection, schema: Schema) -> None:
    """A customer_id with a foreign key to another table means something else."""
    for table in LINKED_TABLES:
        link = schema.deployed(table, Column("customer_id"))
        if link is None:
            continue
        keys = snapshot.execute(f"PRAGMA foreign_key_list({quoted(table)})").fetchall()
        for _, _, parent, column, target, *_ in keys:
            leads_to_id = target is None or target.lower() == "id"
            if column.lower() == link.lower() and (
                parent.lower() != "customers" or not leads_to_id
            ):
                aim = f"{parent} ({target})" if target else parent
                raise CoccinelleError(
                    f"{table}.{link} refers to {aim} by a foreign key, so it is no link to a "
                    "customer: give that column another name (ALTER TABLE … RENAME COLUMN); "
                    "nothing was written"
                )
