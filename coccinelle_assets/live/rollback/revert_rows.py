"""Undoing what promotions wrote, row by row, out of their undo log.

A row that the application changed since is left as it is, and listed. Statistics are counted by
whoever writes links, so they do not tell whether a row was changed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from coccinelle_assets.live.sqlite.columns import column_names, unique_identifiers
from coccinelle_assets.live.sqlite.record_ids import is_record
from coccinelle_assets.live.sqlite.references import references_to_customers
from coccinelle_assets.live.sqlite.schema import read_schema
from coccinelle_assets.live.sqlite.transaction import run, run_script
from coccinelle_assets.live.sqlite.unchanged import unchanged
from coccinelle_assets.live.waiting_customers import write_waiting_customers
from coccinelle_assets.sql import load_sql, quoted, statements
from coccinelle_assets.tables import COUNTED, MERGES


@dataclass(frozen=True, slots=True)
class Left:
    """A row that is not undone, and why: changed, deleted, in_use or identifier_taken since."""

    table: str
    record_id: str
    reason: str


@dataclass(slots=True)
class Undone:
    """How many rows went back, by table and step, and the rows that were left."""

    counts: dict[str, int] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)


def undo_rows(
    live: sqlite3.Connection,
    run_id: str | None,
    *,
    customers: bool,
    tables: Sequence[str],
) -> Undone:
    """Undo the promotion `run_id`, or all of them, inside the caller's transaction.

    `customers`: whether rows of the customers table go back; `tables`: whose links do.
    """
    undone = Undone()
    marks = ", ".join(f"'{table}'" for table in (*tables, MERGES))
    query = load_sql("live/rollback/sql/links.sql", tables=marks)
    live.execute(query, {"run_id": run_id})
    live.execute("CREATE INDEX temp.undo_links_record ON undo_links (source_table, record_id)")
    schema = read_schema(live)
    same = {table: is_record(live, schema, table, "u.record_id", typed=True) for table in tables}
    for table, same_record in same.items():
        fragments = {"table": table, "same_record": same_record}
        restored = run(live, "live/rollback/sql/restore_links.sql", **fragments).rowcount
        undone.counts[f"{table}_links_restored"] = restored
        left = run(live, "live/rollback/sql/left_links.sql", **fragments)
        undone.left.extend(Left(table, record_id, reason) for record_id, reason in left)
    if customers:
        _undo_customers(live, run_id, tables, undone)
        run_script(live, "live/rollback/sql/merges.sql")
        for table, same_record in same.items():
            lost = run(
                live,
                "live/rollback/sql/lost_links.sql",
                table=table,
                same_record=same_record,
                record_id=schema.record_id(table),
            ).fetchall()
            undone.counts[f"{table}_links_restored"] -= len(lost)
            undone.left.extend(
                Left(table, record_id, "identifier_taken") for (record_id,) in sorted(lost)
            )
        if run_id:
            _settle_undo_log(live, run_id, same)
        live.execute("DROP TABLE temp.undo_customers")
    live.execute("DROP TABLE temp.undo_links")
    return undone


def undo_identifiers(live: sqlite3.Connection, run_id: str) -> None:
    """The customers' identifiers as they were before the promotion `run_id`, the last one."""
    for statement in statements(load_sql("live/rollback/sql/identifiers.sql")):
        live.execute(statement, {"run_id": run_id} if ":run_id" in statement else {})


def _undo_customers(
    live: sqlite3.Connection, run_id: str | None, tables: Sequence[str], undone: Undone
) -> None:
    present = column_names(live, "customers")
    logged = {name.lower() for name in column_names(live, "customer_row_journal")}
    columns = [quoted(name) for name in present if name.lower() in logged]
    compared = [name for name in columns if name.strip('"').lower() not in COUNTED]
    query = load_sql(
        "live/rollback/sql/customers.sql",
        same=unchanged((f"c.{name}", f"w.{name}") for name in compared),
        used=" UNION ALL ".join(_referring_columns(live, tables)),
    )
    live.execute(query, {"run_id": run_id})
    claims = {
        column: f"SELECT id, tenant_id, {column} FROM undo_customers"
        " WHERE step IN ('restore', 'reinsert')"
        for column in unique_identifiers(live)
    }
    write_waiting_customers(live, claims)
    run_script(live, "live/rollback/sql/taken_identifiers.sql")
    deleted, _released, restored, inserted = run_script(
        live,
        "live/rollback/sql/restore_customers.sql",
        columns=", ".join(columns),
        assignments=", ".join(f"{name} = j.{name}" for name in columns),
        logged=", ".join(f"j.{name}" for name in columns),
    )
    undone.counts |= {
        "customers_removed": deleted,
        "customers_restored": restored,
        "customers_returned": inserted,
    }
    kept = live.execute("SELECT id, reason FROM undo_customers WHERE step = 'keep' ORDER BY id")
    undone.left.extend(Left("customers", *row) for row in kept)


def _referring_columns(live: sqlite3.Connection, tables: Sequence[str]) -> list[str]:
    """Queries of every column that refers to a customer: links that stay, and foreign keys."""
    return [
        f"SELECT {quoted(column)} FROM {quoted(table)} WHERE {quoted(column)} IS NOT NULL"
        for table, column in [(table, "customer_id") for table in tables] + foreign_references(live)
    ]


def foreign_references(live: sqlite3.Connection) -> list[tuple[str, str]]:
    """Tables with a foreign key of the application's to customers, each with its columns."""
    return [
        (reference.table, column)
        for reference in references_to_customers(live)
        if not reference.is_link
        for column in reference.child
    ]


def _settle_undo_log(live: sqlite3.Connection, run_id: str, same: Mapping[str, str]) -> None:
    """What went back is now the last that was written: a later undoing of all compares with it."""
    for table, same_record in same.items():
        settled = load_sql(
            "live/rollback/sql/settle_links.sql", table=table, same_record=same_record
        )
        for statement in statements(settled):
            live.execute(statement, {"run_id": run_id})
    for statement in statements(load_sql("live/rollback/sql/settle_customers.sql")):
        live.execute(statement, {"run_id": run_id})
