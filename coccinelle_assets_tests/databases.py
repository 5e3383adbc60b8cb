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

    @property
    def home(self) -> Path:
        """Where runs keep their files unless told otherwise."""
        return self.path.parent / ".coccinelle" / self.path.name

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
