"""One consistent copy of the live database, and the repair of text that nobody can read."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from coccinelle_assets.files import whole_file
from coccinelle_assets.live.sqlite.columns import has_rowid, primary_key
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.sql import quoted


def copy_database(live: sqlite3.Connection, target: Path, *, durable: bool = False) -> None:
    """Copy a database with SQLite's backup API; `target` appears whole or not at all.

    A durable copy is on the disk, not only in the system's cache, when this returns.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        whole_file(target, durable=durable) as partial,
        closing(sqlite3.connect(partial, isolation_level=None)) as copy,
    ):
        copy.execute("PRAGMA synchronous = OFF")
        live.backup(copy)
        # A copy of a WAL database would want files beside it wherever it is read.
        copy.execute("PRAGMA journal_mode = DELETE")


def take_snapshot(database: Path, target: Path, busy_timeout_seconds: float) -> None:
    """Copy the live database, opened read-only, to `target`."""
    with open_live(database, busy_timeout_seconds) as live:
        copy_database(live, target)


@dataclass(frozen=True, slots=True)
class Repair:
    """A value of the snapshot that was not UTF-8 text, replaced by a readable rendering."""

    table: str
    record_id: str
    column: str


def readable(value: bytes | None) -> str | None:
    """Bytes of a text or blob as text: what is not UTF-8 becomes the replacement character."""
    return None if value is None else value.decode("utf-8", errors="replace")


def repair_snapshot(snapshot: Path, schema: Schema) -> list[Repair]:
    """Replace every value that is no UTF-8 text, and list them.

    Only the copy is touched. The live database keeps its bytes; the values cannot be identifiers
    any more, since the replacement character is in no e-mail and no phone.
    """
    connection = sqlite3.connect(snapshot, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        # The application's triggers have nothing to say about a repaired copy.
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (trigger,) in triggers.fetchall():
            connection.execute(f"DROP TRIGGER {quoted(trigger)}")
        tables = schema.read_columns()
        places = {table: _place(connection, table) for table in tables}
        connection.text_factory = bytes
        connection.execute("BEGIN")
        repairs = [
            repair
            for table, columns in tables.items()
            for repair in _repair_table(connection, table, places[table], columns)
        ]
        connection.execute("COMMIT")
    finally:
        connection.close()
    return repairs


def _place(connection: sqlite3.Connection, table: str) -> list[str]:
    """By which expressions a row is found again, whatever its bytes."""
    if has_rowid(connection, table):
        return ["rowid"]
    return [f"CAST({quoted(name)} AS BLOB)" for name in primary_key(connection, table)]


def _repair_table(
    connection: sqlite3.Connection, table: str, place: Sequence[str], columns: Sequence[str]
) -> list[Repair]:
    """Repair one table; its first column is its id."""
    texts = [f"CAST({quoted(column)} AS TEXT)" for column in columns]
    condition = " AND ".join(f"{key} = ?" for key in place)
    repairs: list[Repair] = []
    updates: list[tuple[dict[str, str | None], tuple[object, ...]]] = []
    selected = ", ".join([*place, *texts])
    for row in connection.execute(f"SELECT {selected} FROM {quoted(table)}"):
        key, values = row[: len(place)], row[len(place) :]
        broken = {
            column: readable(value)
            for column, value in zip(columns, values, strict=True)
            if value is not None and not _is_utf8(value)
        }
        name = readable(values[0]) or f"row {key[0]}"
        repairs.extend(Repair(table, name, column) for column in broken)
        updates += [(broken, key)] if broken else []
    for broken, key in updates:
        # All at once: a column of the key may be among them.
        assignments = ", ".join(f"{quoted(column)} = ?" for column in broken)
        connection.execute(
            f"UPDATE {quoted(table)} SET {assignments} WHERE {condition}",
            (*broken.values(), *key),
        )
    return repairs


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
