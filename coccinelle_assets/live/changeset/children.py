"""Tables that refer to one that is rebuilt: set aside with their rows, and made anew after.

With foreign keys always on, as they are in D1, dropping a table acts on the rows that refer to it.
So those are copied away and their tables dropped before, the deepest first, and come back once
their parents are there again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.changeset.guards import SCHEMA_UNCHANGED, guard
from coccinelle_assets.live.changeset.literals import text
from coccinelle_assets.live.changeset.schema_diff import SchemaObject, parents, parents_first
from coccinelle_assets.live.sqlite.columns import has_rowid, stored_columns
from coccinelle_assets.sql import quoted

NUMBER = "coccinelle_rowid"
SEQUENCES = "coccinelle_aside_sequences"


def find_children(
    connection: sqlite3.Connection, rebuilt: Sequence[str], tables: Mapping[str, SchemaObject]
) -> list[str]:
    """The tables that refer to rebuilt ones, directly or through others; parents first.

    Raises CoccinelleError where tables refer to one another in a circle.
    """
    refers = {table: parents(connection, "before", table) for table in tables}
    found: list[str] = []
    reached = {table.lower() for table in rebuilt}
    while new := [table for table in tables if table not in found and refers[table] & reached]:
        found += new
        reached |= {table.lower() for table in new}
    ordered = parents_first(connection, "before", found)
    for place, table in enumerate(ordered):
        later = {other.lower() for other in ordered[place:]} - {table.lower()}
        circle = refers[table] & later if table not in rebuilt else refers[table] & reached
        if circle:
            raise CoccinelleError(
                f"{table} refers to {', '.join(sorted(circle))} by a foreign key, and would have "
                "to be rebuilt with it: with foreign keys on, as they always are in D1, each would "
                "act on the rows of the other. Drop that foreign key first; nothing was written"
            )
    return ordered


@dataclass(frozen=True, slots=True)
class Children:
    """The statements about such tables, `names`, parents first."""

    connection: sqlite3.Connection
    rebuilt: Sequence[str]
    names: Sequence[str]
    definitions: Mapping[str, SchemaObject]

    def guards(self) -> Iterator[str]:
        """No other table refers to them by now: its rows would be acted on."""
        for table in (*self.rebuilt, *self.names):
            # Older versions of D1 authorize no pragma here: a table that refers to it says so.
            definitions = (
                "SELECT ifnull(sum(length(sql)), 0) FROM {schema}sqlite_master"
                " WHERE type = 'table' AND instr(lower(sql), 'references') > 0"
                f" AND instr(lower(sql), {text(table.lower())}) > 0"
            )
            query = definitions.format(schema="before.")
            known = self.connection.execute(query).fetchone()[0]
            yield guard(SCHEMA_UNCHANGED, f"({definitions.format(schema='')}) = {known}")

    def set_aside(self) -> Iterator[str]:
        """Copy their rows away and drop them, the deepest first."""
        if self._numbered:
            names = ", ".join(map(text, self._numbered))
            yield f"CREATE TABLE {SEQUENCES} (name, seq)"
            yield (
                f"INSERT INTO {SEQUENCES} SELECT name, seq FROM sqlite_sequence"
                f" WHERE name IN ({names})"
            )
        for number, table in reversed(list(enumerate(self.names))):
            aside, columns = self._aside(number), self._columns(table)
            # Without types: every value stays as it is.
            yield f"CREATE TABLE {aside} ({', '.join(columns)})"
            selected = ", ".join("rowid" if name == NUMBER else name for name in columns)
            yield f"INSERT INTO {aside} SELECT {selected} FROM {quoted(table)}"
            yield f"DROP TABLE {quoted(table)}"

    def bring_back(self) -> Iterator[str]:
        """Make them anew, and fill them with their rows, parents first."""
        for number, table in enumerate(self.names):
            aside, columns = self._aside(number), self._columns(table)
            yield self.definitions[table].sql
            into = ", ".join("rowid" if name == NUMBER else name for name in columns)
            order = f" ORDER BY {NUMBER}" if NUMBER in columns else ""
            yield (
                f"INSERT INTO {quoted(table)} ({into})"
                f" SELECT {', '.join(columns)} FROM {aside}{order}"
            )
            yield f"DROP TABLE {aside}"
        for table in self._numbered:
            # So that no id of a deleted row is given again.
            yield f"DELETE FROM sqlite_sequence WHERE name = {text(table)}"
        if self._numbered:
            yield f"INSERT INTO sqlite_sequence (name, seq) SELECT name, seq FROM {SEQUENCES}"
            yield f"DROP TABLE {SEQUENCES}"

    @property
    def _numbered(self) -> list[str]:
        return [n for n in self.names if "AUTOINCREMENT" in self.definitions[n].sql.upper()]

    def _aside(self, number: int) -> str:
        return f"coccinelle_aside_{number}"

    def _columns(self, table: str) -> list[str]:
        """The stored columns, quoted, and rows' own numbers where they have some."""
        names = [column.name for column in stored_columns(self.connection, table, "before")]
        hidden = "rowid" in {name.lower() for name in names}
        number = [NUMBER] if has_rowid(self.connection, table) and not hidden else []
        return [*number, *map(quoted, names)]
