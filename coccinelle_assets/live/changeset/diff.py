"""What a change comes to: schema objects that go, come or change, tables whose rows differ."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.changeset.children import find_children
from coccinelle_assets.live.changeset.row_diff import RowComparison, TableRows
from coccinelle_assets.live.changeset.schema_diff import (
    SchemaObject,
    parents_first,
    schema_objects,
)
from coccinelle_assets.live.sqlite.definitions import Alteration, alteration
from coccinelle_assets.live.sqlite.virtual_tables import content_of, virtual_tables
from coccinelle_assets.sql import quoted

Objects = Mapping[str, SchemaObject]


@dataclass(slots=True)
class Diff:
    """Both schemas, the way of each table that changes, and the rows that differ."""

    before: Objects
    after: Objects
    created: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    altered: dict[str, Alteration] = field(default_factory=dict)
    rebuilt: list[str] = field(default_factory=list)
    # Tables that refer to rebuilt ones, parents first.
    children: list[str] = field(default_factory=list)
    rows: list[TableRows] = field(default_factory=list)
    # Indexes for full text over rows that differ: they are rebuilt.
    indexes: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether the two databases are the same."""
        same = {name: item.sql for name, item in self.before.items()} == {
            name: item.sql for name, item in self.after.items()
        }
        return same and not self.rows

    @property
    def tables_change(self) -> bool:
        """Whether a table that is there is altered, rebuilt or dropped."""
        return bool(self.altered or self.rebuilt or self.dropped)

    @property
    def touched(self) -> set[str]:
        """Tables that are there and are written to."""
        changed = {*self.altered, *self.rebuilt, *self.children, *self.dropped}
        return changed | {rows.table for rows in self.rows}

    @property
    def made_anew(self) -> set[str]:
        """Tables whose indexes are made anew with them."""
        return {*self.rebuilt, *self.children}

    def going(self, kind: str, *, also: Set[str] = frozenset()) -> Iterator[SchemaObject]:
        """Objects of a kind that have to be dropped: gone or changed, or on a table in `also`."""
        for item in self.before.values():
            if item.kind == kind and (self.after.get(item.name) != item or item.table in also):
                yield item

    def coming(self, kind: str, *, also: Set[str] = frozenset()) -> Iterator[SchemaObject]:
        """Objects of a kind that have to be made after that."""
        for item in self.after.values():
            if item.kind == kind and (self.before.get(item.name) != item or item.table in also):
                yield item

    def summary(self) -> Iterator[str]:
        """One line for each table that changes."""
        for verb, tables in (
            ("create", self.created),
            ("alter", self.altered),
            ("rebuild", self.rebuilt),
            ("drop", self.dropped),
        ):
            if tables:
                yield f"{verb}: {', '.join(tables)}"
        for rows in self.rows:
            yield (
                f"{rows.table}: {rows.inserted} inserted, {rows.updated} updated,"
                f" {rows.deleted} deleted"
            )


def read_diff(connection: sqlite3.Connection, comparison: RowComparison) -> Diff:
    """Compare the attached databases `before` and `after`.

    Raises CoccinelleError when tables would be rebuilt that refer to one another, or rows differ
    that nothing addresses.
    """
    diff = Diff(schema_objects(connection, "before"), schema_objects(connection, "after"))
    before = {name: item for name, item in diff.before.items() if item.kind == "table"}
    after = {name: item for name, item in diff.after.items() if item.kind == "table"}
    diff.created = parents_first(connection, "after", [n for n in after if n not in before])
    gone = [name for name in before if name not in after]
    diff.dropped = parents_first(connection, "before", gone)[::-1]
    virtual = {**virtual_tables(connection, "before"), **virtual_tables(connection, "after")}
    common = [name for name in after if name in before and name not in virtual]
    for name in common:
        if before[name].sql == after[name].sql:
            continue
        way = alteration(before[name].sql, after[name].sql, name)
        if way is None:
            diff.rebuilt.append(name)
        else:
            diff.altered[name] = way
    diff.children = find_children(connection, diff.rebuilt, before)
    compared = (comparison.compare(name) for name in parents_first(connection, "after", common))
    diff.rows = [rows for rows in compared if rows is not None]
    diff.indexes = list(_indexes_to_rebuild(connection, virtual, diff))
    return diff


def _indexes_to_rebuild(
    connection: sqlite3.Connection, virtual: Mapping[str, str], diff: Diff
) -> Iterator[str]:
    """Indexes over a table whose rows differ, or over a view.

    Raises CoccinelleError that names a virtual table which has rows of its own that differ.
    """
    differing = {rows.table.lower() for rows in diff.rows}
    for name, definition in virtual.items():
        content = content_of(definition)
        if content and (content.lower() in differing or content not in diff.after):
            yield name
        elif not content and _differs(connection, name):
            raise CoccinelleError(
                f"rows of the virtual table {name} would change with those of another, which "
                "SQL for another database cannot express: drop it first, and make it anew after; "
                "nothing was written"
            )


def _differs(connection: sqlite3.Connection, table: str) -> bool:
    """Whether a virtual table holds other rows; one whose module is not loaded has the same."""
    name = quoted(table)
    try:
        query = f"SELECT rowid, * FROM before.{name} EXCEPT SELECT rowid, * FROM after.{name}"
        other = f"SELECT rowid, * FROM after.{name} EXCEPT SELECT rowid, * FROM before.{name}"
        return any(connection.execute(each).fetchone() for each in (query, other))
    except sqlite3.OperationalError:
        return False
