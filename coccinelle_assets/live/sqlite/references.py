"""Foreign keys of the application's that lead to customers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from coccinelle_assets.live.sqlite.columns import lower_names, primary_key
from coccinelle_assets.sql import quoted
from coccinelle_assets.tables import LINKED_TABLES


@dataclass(frozen=True, slots=True)
class Reference:
    """One foreign key: the table that has it, its columns, and those of customers it leads to."""

    table: str
    child: tuple[str, ...]
    parent: tuple[str, ...]

    @property
    def columns(self) -> str:
        """Its columns as a message names them."""
        return ", ".join(self.child)

    @property
    def is_link(self) -> bool:
        """Whether it is a link's own, as contracted tables have it."""
        return self.table.lower() in LINKED_TABLES and self.child[0].lower() == "customer_id"

    @property
    def orphans(self) -> str:
        """The query of values that lead to no customer."""
        ties = " AND ".join(
            f"c.{quoted(parent)} = t.{quoted(child)}"
            for child, parent in zip(self.child, self.parent, strict=True)
        )
        set_ = " AND ".join(f"t.{quoted(child)} IS NOT NULL" for child in self.child)
        columns = ", ".join(f"t.{quoted(child)}" for child in self.child)
        return (
            f"SELECT {columns} FROM {quoted(self.table)} AS t WHERE {set_}"
            f" AND NOT EXISTS (SELECT 1 FROM customers AS c WHERE {ties}) LIMIT 1"
        )


def references_to_customers(live: sqlite3.Connection) -> Iterator[Reference]:
    """Every foreign key to columns of the customers, those of links too."""
    present = lower_names(live, "customers")
    keyed = primary_key(live, "customers")
    tables = live.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
    ).fetchall()
    for (table,) in tables:
        keys: dict[int, list[tuple[str, str]]] = {}
        for number, place, parent, column, target, *_ in live.execute(
            f"PRAGMA foreign_key_list({quoted(table)})"
        ).fetchall():
            if parent.lower() == "customers":
                # Without names it leads to the primary key, column by column.
                aim = target or (keyed[place] if place < len(keyed) else "id")
                keys.setdefault(number, []).append((column, aim))
        for pairs in keys.values():
            child, aims = zip(*pairs, strict=True)
            if {aim.lower() for aim in aims} <= present:
                yield Reference(table, child, aims)
