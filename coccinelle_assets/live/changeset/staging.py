"""Staged rows: what is to be written travels into plain tables first, then over in ranges.

A row of a staging table has a number, the key it is about, what was seen of it, what it gets, and
the reason why it was left, if it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from coccinelle_assets.live.changeset.literals import Value, insert_statements
from coccinelle_assets.live.changeset.ranges import RANGE_ROWS
from coccinelle_assets.live.changeset.row_diff import TableRows
from coccinelle_assets.live.sqlite.schema import BETWEEN_IDS, before_id
from coccinelle_assets.live.sqlite.unchanged import unchanged
from coccinelle_assets.sql import quoted


@dataclass(frozen=True, slots=True)
class Stage:
    """One staging table, and the statements that fill and use it."""

    name: str
    rows: TableRows
    count: int
    seen: tuple[str, ...] = ()
    new: tuple[str, ...] = ()

    @property
    def _columns(self) -> list[str]:
        return [
            "n",
            *(f"key_{name}" for name in self.rows.key),
            *(f"seen_{name}" for name in self.seen),
            *(f"new_{name}" for name in self.new),
        ]

    @property
    def _table(self) -> str:
        return quoted(self.rows.table)

    def fill(self, values: Iterable[Sequence[Value]]) -> Iterator[str]:
        """Make the table and insert rows of key, seen and new values, numbered from 1."""
        columns = ", ".join(["n INTEGER PRIMARY KEY", *map(quoted, self._columns[1:])])
        yield f"CREATE TABLE {self.name} ({columns}, reason TEXT)"
        numbered = ((number, *row) for number, row in enumerate(values, start=1))
        yield from insert_statements(self.name, self._columns, numbered, key="n")

    def leave_changed(self) -> Iterator[str]:
        """Give a reason to rows that are not what was seen."""
        seen = [
            (f"t.{quoted(name)}", f"{self.name}.{quoted('seen_' + name)}") for name in self.seen
        ]
        same = f" AND {unchanged(seen)}" if seen else ""
        for span in self._ranges(self.name):
            yield (
                f"UPDATE {self.name} SET reason = iif(EXISTS (SELECT 1 FROM {self._table}"
                f" AS t WHERE {self._same_key('t', self.name)}), 'changed', 'deleted')"
                f" WHERE {span} AND NOT EXISTS (SELECT 1 FROM {self._table} AS t"
                f" WHERE {self._same_key('t', self.name)}{same})"
            )

    def leave_unless(self, condition: str, reason: str) -> Iterator[str]:
        """Give a reason to rows of which an SQL condition on the stage's columns is false."""
        for span in self._ranges(self.name):
            yield (
                f"UPDATE {self.name} SET reason = '{reason}'"
                f" WHERE {span} AND reason IS NULL AND NOT ({condition})"
            )

    def release(self, columns: Sequence[str]) -> Iterator[str]:
        """Let go of unique values, so that other rows can take them."""
        cleared = ", ".join(f"{quoted(name)} = NULL" for name in columns)
        changing = ""
        if self.new:
            kept = (
                f"s.{quoted('seen_' + name)} IS NOT s.{quoted('new_' + name)}" for name in columns
            )
            changing = f" AND ({' OR '.join(kept)})"
        for span in self._ranges("s"):
            yield (
                f"UPDATE {self._table} SET {cleared} FROM {self.name} AS s WHERE {span}"
                f" AND s.reason IS NULL AND {self._same_key(self._table, 's')}{changing}"
            )

    def insert(self) -> Iterator[str]:
        """Insert the rows whose key and unique values are free; the others get a reason.

        Rows of a table without a key take the place of all that were there.
        """
        if not self.rows.key:
            yield f"DELETE FROM {self._table}"
        into = ", ".join(map(quoted, self.new))
        out = ", ".join(f"s.{quoted('new_' + name)}" for name in self.new)
        for span in self._ranges("s"):
            yield (
                f"INSERT INTO {self._table} ({into}) SELECT {out} FROM {self.name} AS s"
                f" WHERE {span} ORDER BY s.n ON CONFLICT DO NOTHING"
            )
        if not self.rows.key:
            return
        found = f"EXISTS (SELECT 1 FROM {self._table} AS t WHERE {self._same_key('t', self.name)})"
        yield from self.leave_unless(found, "identifier_taken")

    def update(self, columns: Sequence[str]) -> Iterator[str]:
        """Write new values of some columns to the rows that are not left."""
        sets = ", ".join(f"{quoted(name)} = s.{quoted('new_' + name)}" for name in columns)
        for span in self._ranges("s"):
            yield (
                f"UPDATE {self._table} SET {sets} FROM {self.name} AS s"
                f" WHERE {span} AND s.reason IS NULL AND {self._same_key(self._table, 's')}"
            )

    def delete(self) -> Iterator[str]:
        """Delete the rows that are not left."""
        key = ", ".join(map(quoted, self.rows.key))
        staged = ", ".join(f"s.{quoted('key_' + name)}" for name in self.rows.key)
        for span in self._ranges("s"):
            yield (
                f"DELETE FROM {self._table} WHERE ({key}) IN"
                f" (SELECT {staged} FROM {self.name} AS s WHERE {span} AND s.reason IS NULL)"
            )

    def index(self) -> Iterator[str]:
        """Make the rows that are not left findable by their key."""
        key = ", ".join(quoted("key_" + name) for name in self.rows.key)
        yield f"CREATE INDEX {self.name}_key ON {self.name} ({key})"

    def matches(self, table: str, stage: str) -> str:
        """The condition that a row of a table is the one staged, and not left."""
        return f"{self._same_key(table, stage)} AND {stage}.reason IS NULL"

    @property
    def record_id(self) -> str:
        """The key as one text, an SQL expression on the stage's columns; the tenant comes first."""
        keys = sorted(self.rows.key, key=lambda name: name.lower() != "tenant_id")
        parts = [f"CAST({quoted('key_' + name)} AS TEXT)" for name in keys]
        return f" || '{BETWEEN_IDS}' || ".join([*map(before_id, parts[:-1]), parts[-1]])

    def _same_key(self, table: str, stage: str) -> str:
        return " AND ".join(
            f"{table}.{quoted(name)} = {stage}.{quoted('key_' + name)}" for name in self.rows.key
        )

    def _ranges(self, alias: str) -> Iterator[str]:
        for start in range(1, self.count + 1, RANGE_ROWS):
            yield f"{alias}.n BETWEEN {start} AND {start + RANGE_ROWS - 1}"
