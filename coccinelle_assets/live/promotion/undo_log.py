"""The undo log: what a promotion found before it wrote, so that it can be undone.

A first promotion that made the customers table and the link columns itself needs none: dropping
them undoes it. Every other one writes down, in the same transaction, each link and each customer
that it changes, before and after. Kept are the entries of the last promotion and, of tables and
columns that were there before the first, the first and the last entry of every row.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from coccinelle_assets.live.receipts import last_promotion, schema_before
from coccinelle_assets.live.sqlite.columns import column_names, lower_names
from coccinelle_assets.live.sqlite.original_schema import OriginalSchema, describe_schema
from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.live.sqlite.transaction import run
from coccinelle_assets.sql import load_sql, quoted
from coccinelle_assets.tables import COUNTED, LINKED_TABLES


@dataclass(frozen=True, slots=True)
class UndoLog:
    """The undo log of one promotion; `original` is None when no receipt tells what was there."""

    run_id: str
    first: bool
    original: OriginalSchema | None

    @property
    def keeps_customers(self) -> bool:
        """Whether this promotion's customers are written down."""
        return not self.first or self._was_there("customers")

    def keeps_links(self, table: str) -> bool:
        """Whether this promotion's links of a table are written down."""
        return not self.first or self._was_there(table, "customer_id")

    def recorded_schema(self) -> str | None:
        """What the receipt keeps of the schema before: that of the first promotion alone."""
        return self.original.as_json() if self.first and self.original else None

    def before(self, live: sqlite3.Connection, schema: Schema) -> None:
        """Write down customers and merges that are about to change."""
        if not self.keeps_customers:
            return
        _add_missing_columns(live)
        run(live, "live/promotion/sql/undo_log/new_customers.sql")
        everyone = "TRUE" if self.first else "FALSE"
        self._write(live, "customers_before", columns=_columns(live), everyone=everyone)
        ids = {f"{table}_id": schema.record_id(table, "t.") for table in LINKED_TABLES}
        self._write(live, "merges", **ids)

    def after(self, live: sqlite3.Connection) -> None:
        """Write down the same customers as they are now, and drop what is not needed any more.

        What the application changed between two promotions goes into the oldest entry.

        To be called when something was written: the entries of the promotion before go.
        """
        if self.keeps_customers:
            if self._was_there("customers") and not self.first:
                self._write(live, "rebase_customers", edits=_edits(live))
            self._write(live, "customers_after", columns=_columns(live))
            kept = "TRUE" if self._was_there("customers") else "FALSE"
            self._write(live, "prune_customers", kept=kept)
        tables = [table for table in LINKED_TABLES if self._was_there(table, "customer_id")]
        kept = ", ".join(f"'{table}'" for table in tables) or "''"
        if tables and not self.first:
            self._write(live, "rebase_links", kept=kept)
        self._write(live, "prune_links", kept=kept)

    def links(self, live: sqlite3.Connection, table: str, record_id: str, found: str) -> None:
        """Write down the links in temp.matching_rows.

        In SQL: `record_id` tells a row `t` of the table, `found` whether it is the one of `m`.
        """
        if self.keeps_links(table):
            self._write(live, "links", table=table, id=record_id, found=found)

    def identifiers(self, live: sqlite3.Connection, *, made: bool) -> None:
        """Write down identifiers that are about to change; of a table just `made`, only that.

        Those of older promotions go: only the last one is undone by itself.
        """
        live.execute("DELETE FROM customer_identifier_journal")
        if made and not self.first:
            live.execute(
                "INSERT INTO customer_identifier_journal (run_id, change) VALUES (?, 'made')",
                (self.run_id,),
            )
        elif not self.first:
            self._write(live, "identifiers")

    def _was_there(self, table: str, column: str | None = None) -> bool:
        return self.original is not None and self.original.had(table, column)

    def _write(self, live: sqlite3.Connection, name: str, **fragments: str) -> None:
        query = load_sql(f"live/promotion/sql/undo_log/{name}.sql", **fragments)
        live.execute(query, {"run_id": self.run_id})


def open_undo_log(live: sqlite3.Connection, schema: Schema, run_id: str) -> UndoLog:
    """The undo log of a promotion that is about to write."""
    first = last_promotion(live) is None
    original = describe_schema(live, schema) if first else _recorded_schema(live, schema)
    return UndoLog(run_id, first, original)


def _recorded_schema(live: sqlite3.Connection, schema: Schema) -> OriginalSchema | None:
    if not schema.has("customer_promotions", "schema_before"):
        return None
    recorded = schema_before(live)
    return OriginalSchema.from_json(recorded) if recorded else None


def _columns(live: sqlite3.Connection) -> str:
    return ", ".join(quoted(name) for name in column_names(live, "customers"))


def _edits(live: sqlite3.Connection) -> str:
    """The assignments that give the oldest version `f` what `b` has and `w` had not."""
    names = [
        quoted(name) for name in column_names(live, "customers") if name.lower() not in COUNTED
    ]
    return ", ".join(
        f"{name} = CASE WHEN b.{name} IS NOT w.{name} THEN b.{name} ELSE f.{name} END"
        for name in names
    )


def _add_missing_columns(live: sqlite3.Connection) -> None:
    """The application may have given its customers another column since."""
    present = lower_names(live, "customer_row_journal")
    for name in column_names(live, "customers"):
        if name.lower() not in present:
            live.execute(f"ALTER TABLE customer_row_journal ADD COLUMN {quoted(name)}")
