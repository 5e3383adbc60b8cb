"""Small application databases for tests: real SQLite files, written row by row."""

from __future__ import annotations

import sqlite3
from importlib.resources import files
from pathlib import Path
from typing import Any

SCHEMA = files("coccinelle_assets.demo").joinpath("schema.sql")


class AppDatabase:
    """The application's database at a path; each method adds one row and returns its id."""

    def __init__(self, path: Path, *, tenants: tuple[str, ...] = ("t1", "t2")) -> None:
        self.path = path
        self.counter = 0
        with self.connect() as connection:
            connection.executescript(SCHEMA.read_text(encoding="utf-8"))
            for tenant in tenants:
                connection.execute("INSERT INTO tenants (id, name) VALUES (?, ?)", (tenant, tenant))

    @classmethod
    def at(cls, path: Path) -> AppDatabase:
        """A database that is there already."""
        app = cls.__new__(cls)
        app.path, app.counter = path, 10_000
        return app

    def connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path)

    def insert(self, table: str, values: dict[str, Any]) -> str:
        columns = ", ".join(values)
        marks = ", ".join("?" * len(values))
        connection = self.connect()
        with connection:
            connection.execute(
                f"INSERT INTO {table} ({columns}) VALUES ({marks})", tuple(values.values())
            )
        connection.close()
        return values.get("id", "")

    def _row(self, prefix: str, tenant: str, values: dict[str, Any]) -> dict[str, Any]:
        self.counter += 1
        moment = f"2025-01-01 {self.counter // 60:02d}:{self.counter % 60:02d}:00"
        row = {"id": f"{prefix}{self.counter}", "tenant_id": tenant, "created_at": moment}
        return row | {"updated_at": moment} | values

    def prospect(self, tenant: str = "t1", **values: Any) -> str:
        return self.insert("prospects", self._row("p", tenant, values))

    def appointment(self, tenant: str = "t1", **values: Any) -> str:
        row = {"appointment_date": "2025-03-01 10:00:00"} | values
        return self.insert("appointments", self._row("a", tenant, row))

    def conversation(self, tenant: str = "t1", **values: Any) -> str:
        row = {
            "current_channel": "voice",
            "first_message_at": "2025-02-01 10:00:00",
            "last_message_at": "2025-02-01 10:05:00",
        } | values
        return self.insert("omni_conversations", self._row("c", tenant, row))

    def execute(self, query: str, values: tuple[Any, ...] = ()) -> None:
        connection = self.connect()
        with connection:
            connection.execute(query, values)
        connection.close()

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        connection = self.connect()
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def customers(self) -> list[dict[str, Any]]:
        connection = self.connect()
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute("SELECT * FROM customers ORDER BY id")]
        finally:
            connection.close()

    def links(self) -> dict[str, str | None]:
        """Customer id of every appointment and conversation, by record id."""
        query = "SELECT id, customer_id FROM {}"
        return dict(self.rows(query.format("appointments"))) | dict(
            self.rows(query.format("omni_conversations"))
        )


def dump(path: Path) -> list[str]:
    """Every statement that would make the database again: schema and rows."""
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


Values = dict[str, tuple[tuple[str, ...], list[tuple[Any, ...]]]]


def values_of(path: Path, like: Values | None = None, ignore: tuple[str, ...] = ()) -> Values:
    """Columns and rows of every table, text as bytes; with `like`, of its tables and columns."""
    connection = sqlite3.connect(path)
    connection.text_factory = bytes
    try:
        if like is None:
            columns = {table: _columns(connection, table, ignore) for table in _tables(connection)}
        else:
            columns = {table: names for table, (names, _) in like.items()}
        return {
            table: (
                names,
                connection.execute(
                    f"SELECT {', '.join(names)} FROM {table} ORDER BY rowid"
                ).fetchall(),
            )
            for table, names in columns.items()
        }
    finally:
        connection.close()


def _tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [name.decode() for (name,) in rows]


def _columns(
    connection: sqlite3.Connection, table: str, ignore: tuple[str, ...]
) -> tuple[str, ...]:
    rows = connection.execute(f"PRAGMA table_info({table})").fetchall()
    return tuple(row[1].decode() for row in rows if row[1].decode() not in ignore)


def schema_objects(path: Path) -> dict[str, str]:
    """Every table, index, view and trigger by name, with its SQL text."""
    connection = sqlite3.connect(path)
    try:
        return dict(connection.execute("SELECT name, sql FROM sqlite_master"))
    finally:
        connection.close()


def assert_kept(path: Path, before: Values) -> None:
    """Every value that was there still is; only the customers table may have more rows."""
    after = values_of(path, before)
    for table, (columns, rows) in before.items():
        now = after[table][1]
        assert now[: len(rows)] == rows, table
        assert table == "customers" or len(now) == len(rows), table
        assert after[table][0] == columns
