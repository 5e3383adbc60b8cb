"""CREATE TABLE and CREATE INDEX texts, and the change of one into another.

SQLite itself edits a definition, on an empty table of a database in memory.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from coccinelle_assets.live.sqlite.columns import stored_columns
from coccinelle_assets.sql import quoted


@dataclass(frozen=True, slots=True)
class Alteration:
    """ALTER TABLE statements that lead from one CREATE TABLE text to another, additions first."""

    additions: tuple[str, ...]
    removals: tuple[str, ...]


def definition_of(live: sqlite3.Connection, table: str) -> str:
    """The CREATE TABLE statement of a table."""
    query = "SELECT sql FROM sqlite_master WHERE type = 'table' AND lower(name) = ?"
    return live.execute(query, (table,)).fetchone()[0]


def named_indexes(live: sqlite3.Connection, table: str) -> dict[str, str]:
    """The CREATE INDEX statements of a table, by name, in the order they were made."""
    rows = live.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        " AND lower(tbl_name) = ? ORDER BY rowid",
        (table.lower(),),
    )
    return dict(rows.fetchall())


def alteration(before: str, after: str, table: str) -> Alteration | None:
    """The way from one CREATE TABLE text to another by ALTER TABLE, None when there is none.

    It is tried out: what comes out must be `after` to the letter.
    """
    trial = sqlite3.connect(":memory:")
    try:
        trial.execute(before)
        names = [column.name for column in stored_columns(trial, table)]
        wanted = sqlite3.connect(":memory:")
        wanted.execute(after)
        kept = {column.name for column in stored_columns(wanted, table)}
        wanted.close()
        removals = tuple(
            f"ALTER TABLE {quoted(table)} DROP COLUMN {quoted(name)}"
            for name in names
            if name not in kept
        )
        remaining = before
        if removals:
            for statement in removals:
                trial.execute(statement)
            remaining = definition_of(trial, table)
            trial.execute(f"DROP TABLE {quoted(table)}")
            trial.execute(before)
        additions = tuple(
            f"ALTER TABLE {quoted(table)} ADD COLUMN {definition}"
            for definition in _inserted_definitions(remaining, after)
        )
        for statement in additions + removals:
            trial.execute(statement)
        return Alteration(additions, removals) if definition_of(trial, table) == after else None
    except sqlite3.Error:
        return None
    finally:
        trial.close()


def _inserted_definitions(before: str, after: str) -> list[str]:
    """Column definitions that were inserted in a CREATE TABLE text, cut at their commas."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    definitions, depth, current = [], 0, ""
    for character in after[start : len(after) - end]:
        depth += (character == "(") - (character == ")")
        if character == "," and not depth:
            definitions.append(current)
            current = ""
        else:
            current += character
    return [text.strip() for text in [*definitions, current] if text.strip()]


def take_off(alone: sqlite3.Connection, table: str, column: str) -> str:
    """Drop the last column of a table; returns its definition as it was written."""
    whole = definition_of(alone, table)
    alone.execute(f"ALTER TABLE {table} DROP COLUMN {quoted(column)}")
    rest = definition_of(alone, table)
    start = next(i for i, pair in enumerate(zip(whole, rest, strict=False)) if len(set(pair)) == 2)
    return whole[start : start + len(whole) - len(rest)].strip(" ,\n\t")
