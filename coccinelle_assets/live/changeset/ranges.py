"""Parting a table into ranges of its key: D1 gives one statement 30 seconds."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator

from coccinelle_assets.live.changeset.literals import Text, literal
from coccinelle_assets.live.sqlite.columns import primary_key
from coccinelle_assets.sql import quoted

RANGE_ROWS = 10_000


def key_ranges(
    connection: sqlite3.Connection,
    schema: str,
    table: str,
    column: str | None = None,
    of: str | None = None,
) -> Iterator[str]:
    """Conditions that divide the rows of a table into ranges of about RANGE_ROWS each.

    They are about `column`, by default the table's key, of a table named `of`. NULL is in the first
    range. A single empty condition means all rows: the key has several columns, or one range is
    enough.
    """
    key = primary_key(connection, table, schema)
    bounds = _bounds(connection, schema, table, key[0]) if len(key) == 1 else []
    if not bounds:
        yield ""
        return
    name = quoted(column or key[0])
    if of:
        name = f"{quoted(of)}.{name}"
    yield f"({name} < {bounds[0]} OR {name} IS NULL)"
    for low, high in itertools.pairwise(bounds):
        yield f"{name} >= {low} AND {name} < {high}"
    yield f"{name} >= {bounds[-1]}"


def _bounds(connection: sqlite3.Connection, schema: str, table: str, key: str) -> list[str]:
    rows = connection.execute(
        f"SELECT k FROM (SELECT {quoted(key)} AS k, row_number() OVER (ORDER BY {quoted(key)}) AS n"
        f" FROM {schema}.{quoted(table)}) WHERE n % {RANGE_ROWS} = 0 AND k IS NOT NULL ORDER BY k"
    )
    return [literal(Text(k.encode()) if isinstance(k, str) else k) for (k,) in rows]
