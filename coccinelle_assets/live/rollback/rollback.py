"""Rolling back: the database as it was before the first promotion, or before the last one.

One transaction: killed at any instant, it is undone or it is not. Rows that the application wrote
since stay.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.contraction.rebuild_table import require_unwatched
from coccinelle_assets.live.contraction.restore import (
    StandingContract,
    archive_attached,
    restore_tables,
    standing_contract,
)
from coccinelle_assets.live.receipts import Receipt, last_promotion, read_receipts, schema_before
from coccinelle_assets.live.rollback.revert_rows import (
    Left,
    Undone,
    foreign_references,
    undo_identifiers,
    undo_rows,
)
from coccinelle_assets.live.sqlite.original_schema import OriginalSchema
from coccinelle_assets.live.sqlite.schema import Schema, read_schema
from coccinelle_assets.live.sqlite.soundness import views_and_triggers_aside
from coccinelle_assets.live.sqlite.transaction import (
    ids_indexed,
    scalar,
    transaction,
)
from coccinelle_assets.live.sqlite.watchers import watchers_resting
from coccinelle_assets.live.statistics.count import correct_statistics
from coccinelle_assets.live.statistics.triggers import TRIGGERS
from coccinelle_assets.sql import quoted
from coccinelle_assets.tables import (
    CHANGED_TABLES,
    COMPANION_TABLES,
    CUSTOMER_COLUMNS,
    CUSTOMER_IDENTIFIERS,
    INDEXES,
    LINKED_TABLES,
)


@dataclass(frozen=True, slots=True)
class Rollback:
    """What was undone: `promotion`, `contraction` or `everything`; rows by step; rows left."""

    undone: str
    run_id: str | None
    counts: dict[str, int]
    left: list[Left]


def require_rollback(live: sqlite3.Connection, database: str, *, to_previous: bool) -> None:
    """Refuse what cannot be rolled back, before a backup takes the place of an older one.

    Raises CoccinelleError.
    """
    if not to_previous:
        _require_original(live, database)
    elif not _contracted_last(live, standing_contract(live)):
        _require_undoable(live, database)


def roll_back(live: sqlite3.Connection, database: str, archives: Path) -> Rollback:
    """Give back the schema and every row as they were before the first promotion.

    `archives` is where contractions keep what they dropped. Raises CoccinelleError when there is
    nothing to roll back, or when the application uses what would go.
    """
    contract = standing_contract(live)
    with archive_attached(live, contract, archives), transaction(live):
        original = _require_original(live, database)
        counts: dict[str, int] = {}
        if contract:
            counts |= restore_tables(live, contract)
        undone = Undone()
        _drop(live, "TRIGGER", TRIGGERS, original)
        for table in LINKED_TABLES:
            if not original.had(table, "customer_id"):
                require_unwatched(live, table, ["customer_id"])
        # A table that had no UNIQUE constraint may get rows back that share an e-mail.
        _drop(live, "INDEX", INDEXES, original)
        with watchers_resting(live, CHANGED_TABLES), ids_indexed(live, CHANGED_TABLES):
            tables = [name for name in LINKED_TABLES if original.had(name, "customer_id")]
            customers = original.had("customers")
            if tables or customers:
                undone = undo_rows(live, None, customers=customers, tables=tables)
        counts |= _count_what_goes(live, original)
        refusal = f"{database} cannot be rolled back"
        try:
            with views_and_triggers_aside(live, refusal):
                _drop_additions(live, original)
        except sqlite3.OperationalError as error:
            raise CoccinelleError(
                f"{refusal}: {error}. The application uses what the "
                "migration added: drop that first; nothing was written"
            ) from error
        _restore_objects(live, original)
        return Rollback("everything", None, counts | undone.counts, undone.left)


def roll_back_last(live: sqlite3.Connection, database: str, archives: Path) -> Rollback:
    """Undo the last promotion alone, or the contraction when that came last.

    Raises CoccinelleError when there is no last promotion that can be undone by itself.
    """
    contract = standing_contract(live)
    if contract and _contracted_last(live, contract):
        with archive_attached(live, contract, archives), transaction(live):
            return Rollback("contraction", None, restore_tables(live, contract), [])
    with transaction(live):
        run_id = _require_undoable(live, database)
        with watchers_resting(live, CHANGED_TABLES), ids_indexed(live, CHANGED_TABLES):
            undone = undo_rows(live, run_id, customers=True, tables=list(LINKED_TABLES))
            schema = read_schema(live)
            if schema.has(CUSTOMER_IDENTIFIERS):
                undo_identifiers(live, run_id)
            correct_statistics(live, schema)
        live.execute(
            "UPDATE customer_promotions SET undone_at = CURRENT_TIMESTAMP WHERE run_id = ?",
            (run_id,),
        )
        return Rollback("promotion", run_id, undone.counts, undone.left)


def _contracted_last(live: sqlite3.Connection, contract: StandingContract | None) -> bool:
    return contract is not None and contract.last_promotion == last_promotion(live)


def _require_original(live: sqlite3.Connection, database: str) -> OriginalSchema:
    schema = read_schema(live)
    if not schema.has("customer_promotions"):
        raise CoccinelleError(f"{database} has no promotion: there is nothing to roll back")
    recorded = schema_before(live) if schema.has("customer_promotions", "schema_before") else None
    if recorded is None:
        raise CoccinelleError(
            f"no receipt in {database} tells what was there before the first promotion: restore "
            "a backup instead; nothing was written"
        )
    original = OriginalSchema.from_json(recorded)
    if not original.had("customers"):
        users = [table for table, _ in foreign_references(live)]
        if users:
            raise CoccinelleError(
                f"table {', '.join(sorted(set(users)))} refers to customers by a foreign key: "
                "take that off first; nothing was written"
            )
    return original


def _require_undoable(live: sqlite3.Connection, database: str) -> str:
    receipts = read_receipts(live)
    standing = [receipt for receipt in receipts if receipt.undone_at is None]
    if not standing:
        raise CoccinelleError(f"{database} has no promotion: there is nothing to roll back")
    if len(standing) == 1:
        raise CoccinelleError(
            f"the only promotion of {database} that stands is the first one: "
            f"`coccinelle rollback {database}` undoes it; nothing was written"
        )
    newest = standing[0]
    # Each promotion drops from the undo log what only the one before it needed.
    if newest != receipts[0] or not (_is_logged(live, newest.run_id) or _counted_only(newest)):
        raise CoccinelleError(
            f"the undo log of promotion {newest.run_id} is gone: only the newest promotion can be "
            f"undone by itself, and once; `coccinelle rollback {database}` undoes all; nothing "
            "was written"
        )
    return newest.run_id


def _is_logged(live: sqlite3.Connection, run_id: str) -> bool:
    schema = read_schema(live)
    return any(
        schema.has(table)
        and scalar(live, f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {key} = ?)", (run_id,))
        for table, key in (
            ("customer_link_journal", "run_id"),
            ("customer_row_journal", "journal_run_id"),
        )
    )


def _counted_only(receipt: Receipt) -> bool:
    """Whether a promotion wrote no link and no customer: statistics and identifiers at most."""
    return receipt.counts.get("rows_written") == receipt.counts.get("statistics_updated")


def _count_what_goes(live: sqlite3.Connection, original: OriginalSchema) -> dict[str, int]:
    counts = {}
    if not original.had("customers"):
        counts["customers_removed"] = scalar(live, "SELECT count(*) FROM customers")
    for table in LINKED_TABLES:
        if not original.had(table, "customer_id"):
            counts[f"{table}_links_removed"] = scalar(
                live, f"SELECT count(customer_id) FROM {table}"
            )
    return counts


def _drop_additions(live: sqlite3.Connection, original: OriginalSchema) -> None:
    """Tables, then columns: SQLite drops no column that an index, view or trigger names."""
    schema = read_schema(live)
    for table in (*COMPANION_TABLES, "customers"):
        if not original.had(table) and schema.has(table):
            live.execute(f"DROP TABLE {table}")
    for table in LINKED_TABLES:
        if not original.had(table, "customer_id"):
            live.execute(f"ALTER TABLE {table} DROP COLUMN customer_id")
    if original.had("customers"):
        for column in _added_columns(schema, original):
            live.execute(f"ALTER TABLE customers DROP COLUMN {quoted(column)}")


def _added_columns(schema: Schema, original: OriginalSchema) -> list[str]:
    """Columns of ours in a customers table that was there before."""
    return [
        column
        for column in schema.tables["customers"]
        if column.lower() in CUSTOMER_COLUMNS and not original.had("customers", column)
    ]


def _drop(
    live: sqlite3.Connection, kind: str, names: Iterable[str], original: OriginalSchema
) -> None:
    """Drop objects of ours that were not there before, or not as they are now."""
    for name in names:
        row = live.execute(
            "SELECT sql FROM sqlite_master WHERE name = ?"
            f" AND lower(tbl_name) IN ({', '.join('?' * len(CHANGED_TABLES))})",
            (name, *CHANGED_TABLES),
        ).fetchone()
        before = original.objects.get(name)
        if row and (before is None or before[2] != row[0]):
            live.execute(f"DROP {kind} {quoted(name)}")


def _restore_objects(live: sqlite3.Connection, original: OriginalSchema) -> None:
    """Objects under our names that were there before in another form."""
    for name in (*INDEXES, *TRIGGERS):
        present = scalar(
            live, "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = ?)", (name,)
        )
        if name in original.objects and not present:
            live.execute(original.objects[name][2])
