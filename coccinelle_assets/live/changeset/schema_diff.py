"""How one database's schema becomes another's: the objects of both, and each table's way."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.sql import quoted

# Tables that scripts keep for themselves are no part of what is compared.
RESERVED = "coccinelle_"


@dataclass(frozen=True, slots=True)
class SchemaObject:
    """A row of sqlite_master that has SQL text."""

    kind: str
    name: str
    table: str
    sql: str


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """A column whose values are stored; `default` is an SQL expression."""

    name: str
    default: str
    nullable: bool


@dataclass(frozen=True, slots=True)
class Alteration:
    """ALTER TABLE statements that lead from one CREATE TABLE text to another, additions first."""

    additions: tuple[str, ...]
    removals: tuple[str, ...]


def schema_objects(connection: sqlite3.Connection, schema: str) -> dict[str, SchemaObject]:
    """Every object of an attached database by its name, in the order they were made."""
    rows = connection.execute(
        f"SELECT type, name, tbl_name, sql FROM {schema}.sqlite_master"
        " WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid"
    )
    return {row[1]: SchemaObject(*row) for row in rows if not row[1].lower().startswith(RESERVED)}


def stored_columns(connection: sqlite3.Connection, schema: str, table: str) -> list[StoredColumn]:
    """The columns of a table but generated ones, in order."""
    rows = connection.execute(
        'SELECT name, dflt_value, "notnull", pk FROM pragma_table_xinfo(?, ?) WHERE hidden = 0',
        (table, schema),
    )
    return [
        StoredColumn(name, f"({default})" if default is not None else "NULL", not (notnull or pk))
        for name, default, notnull, pk in rows
    ]


def primary_key(connection: sqlite3.Connection, schema: str, table: str) -> tuple[str, ...]:
    """The primary key's columns, in its order; empty when there is none."""
    rows = connection.execute(
        "SELECT name FROM pragma_table_xinfo(?, ?) WHERE pk > 0 ORDER BY pk", (table, schema)
    )
    return tuple(name for (name,) in rows)


def unique_columns(connection: sqlite3.Connection, schema: str, table: str) -> set[str]:
    """Columns under UNIQUE constraints or indexes, the primary key aside."""
    rows = connection.execute(
        "SELECT i.name FROM pragma_index_list(?, ?) AS l"
        " JOIN pragma_index_info(l.name, ?) AS i WHERE l.\"unique\" AND l.origin <> 'pk'",
        (table, schema, schema),
    )
    return {name for (name,) in rows if name}


def parents(connection: sqlite3.Connection, schema: str, table: str) -> set[str]:
    """Tables that a table refers to by a foreign key, itself aside, in lower case."""
    rows = connection.execute('SELECT "table" FROM pragma_foreign_key_list(?, ?)', (table, schema))
    return {name.lower() for (name,) in rows} - {table.lower()}


def parents_first(connection: sqlite3.Connection, schema: str, tables: list[str]) -> list[str]:
    """Tables in an order in which rows may be inserted; circles keep the given order."""
    waiting = {table: parents(connection, schema, table) for table in tables}
    ordered: list[str] = []
    while waiting:
        names = {table.lower() for table in waiting}
        ready = [table for table, needs in waiting.items() if not needs & (names - {table.lower()})]
        for table in ready or list(waiting)[:1]:
            ordered.append(table)
            del waiting[table]
    return ordered


def alteration(before: str, after: str, table: str) -> Alteration | None:
    """The way from one CREATE TABLE text to another by ALTER TABLE, None when there is none.

    It is tried out: what comes out must be `after` to the letter.
    """
    trial = sqlite3.connect(":memory:")
    try:
        trial.execute(before)
        names = [column.name for column in stored_columns(trial, "main", table)]
        wanted = sqlite3.connect(":memory:")
        wanted.execute(after)
        kept = {column.name for column in stored_columns(wanted, "main", table)}
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
            remaining = _text(trial, table)
            trial.execute(f"DROP TABLE {quoted(table)}")
            trial.execute(before)
        additions = tuple(
            f"ALTER TABLE {quoted(table)} ADD COLUMN {definition}"
            for definition in _inserted_definitions(remaining, after)
        )
        for statement in additions + removals:
            trial.execute(statement)
        return Alteration(additions, removals) if _text(trial, table) == after else None
    except sqlite3.Error:
        return None
    finally:
        trial.close()


def _text(connection: sqlite3.Connection, table: str) -> str:
    return connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()[
        0
    ]


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


def require_no_children(
    connection: sqlite3.Connection, table: str, tables: Mapping[str, SchemaObject]
) -> None:
    """Refuse to rebuild a table that others refer to: dropping it would act on their rows."""
    for other in tables:
        if table.lower() in parents(connection, "before", other):
            raise CoccinelleError(
                f"table {table} would have to be rebuilt, and {other} refers to it by a foreign "
                "key: with foreign keys on, as they always are in D1, that would act on the rows "
                f"of {other}. Drop that foreign key first; nothing was written"
            )
