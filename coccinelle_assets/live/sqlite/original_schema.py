"""What was there before: the schema as a first promotion found it."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.tables import CHANGED_TABLES, COMPANION_TABLES


@dataclass(frozen=True, slots=True)
class OriginalSchema:
    """The schema before a first promotion, as far as the project touches it.

    `columns` of the tables that were there; `objects`: (type, table, SQL text) by name.
    """

    columns: dict[str, list[str]]
    objects: dict[str, tuple[str, str, str]]

    def had(self, table: str, column: str | None = None) -> bool:
        """Whether the table, or that column of it, was there."""
        present = self.columns.get(table)
        if present is None or column is None:
            return present is not None
        return column.lower() in {name.lower() for name in present}

    def definition(self, table: str) -> str:
        """The CREATE TABLE statement of a table that was there."""
        return next(
            text
            for kind, owner, text in self.objects.values()
            if kind == "table" and owner.lower() == table
        )

    def indexes(self, table: str) -> dict[str, str]:
        """The CREATE INDEX statements of a table, by name."""
        return {
            name: text
            for name, (kind, owner, text) in self.objects.items()
            if kind == "index" and owner.lower() == table
        }

    def as_json(self) -> str:
        """As a receipt keeps it."""
        return json.dumps({"columns": self.columns, "objects": self.objects})

    @classmethod
    def from_json(cls, text: str) -> OriginalSchema:
        """What `as_json` wrote."""
        value = json.loads(text)
        objects = {name: tuple(entry) for name, entry in value["objects"].items()}
        return cls(value["columns"], objects)


def describe_schema(live: sqlite3.Connection, schema: Schema) -> OriginalSchema:
    """The tables that the project changes, with their indexes and triggers, as they are now."""
    tables = [*CHANGED_TABLES, *COMPANION_TABLES]
    marks = ", ".join("?" * len(tables))
    objects = live.execute(
        "SELECT name, type, tbl_name, sql FROM sqlite_master"
        f" WHERE sql IS NOT NULL AND lower(tbl_name) IN ({marks})",
        tables,
    )
    return OriginalSchema(
        {table: list(schema.tables[table]) for table in tables if schema.has(table)},
        {name: (kind, table, sql) for name, kind, table, sql in objects},
    )
