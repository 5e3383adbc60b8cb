"""Tables of the application's that refer to appointments and conversations, and to one another."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from coccinelle_assets_tests.changes import add_people
from coccinelle_assets_tests.databases import AppDatabase

CHILDREN = (
    "CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT, odd,"
    " conversation_id TEXT REFERENCES omni_conversations (id) ON DELETE CASCADE,"
    " answers INTEGER REFERENCES messages (id))",
    "CREATE TABLE reminders (appointment_id TEXT NOT NULL REFERENCES appointments (id)"
    " ON DELETE SET NULL, kind TEXT, message_id INTEGER REFERENCES messages (id),"
    " PRIMARY KEY (appointment_id, kind)) WITHOUT ROWID",
    "CREATE TABLE reads (message_id INTEGER REFERENCES messages (id) ON DELETE CASCADE, at TEXT)",
    "CREATE INDEX messages_of ON messages (conversation_id)",
    "CREATE TABLE log (what TEXT)",
    "CREATE TRIGGER message_gone AFTER DELETE ON messages BEGIN"
    " INSERT INTO log VALUES ('deleted'); END",
    "CREATE TRIGGER message_new AFTER INSERT ON messages BEGIN INSERT INTO log VALUES ('new'); END",
    "CREATE VIEW talks AS SELECT conversation_id, count(*) AS n FROM messages GROUP BY 1",
)


def add_children(app: AppDatabase) -> None:
    """Three hundred messages with what refers to them; the last ones are gone."""
    add_people(app)
    for statement in CHILDREN:
        app.execute(statement)
    for number in range(1, 301):
        odd = (None, 1.5, b"\xff", 2**60, "1")[number % 5]
        app.execute(
            "INSERT INTO messages (body, odd, conversation_id, answers) VALUES (?, ?, 'w1', ?)",
            (f"message {number}", odd, number - 1 or None),
        )
    app.execute("INSERT INTO reminders VALUES ('v1', 'sms', 3), ('v2', 'mail', NULL)")
    app.execute("INSERT INTO reads VALUES (3, 'noon'), (4, 'one'), (5, 'two')")
    app.execute("DELETE FROM reads WHERE message_id = 3")
    app.execute("DELETE FROM messages WHERE id > 290")


def everything(path: Path) -> dict[str, Any]:
    """The children's rows with their numbers and types, all objects, and where ids go on."""
    with closing(sqlite3.connect(path)) as connection:
        found = {
            table: connection.execute(
                f"SELECT {number}, {', '.join(f'typeof({c}), quote({c})' for c in columns.split())}"
                f" FROM {table} ORDER BY 1, 3"
            ).fetchall()
            for table, number, columns in (
                ("messages", "rowid", "id body odd conversation_id answers"),
                ("reminders", "1", "appointment_id kind message_id"),
                ("reads", "rowid", "message_id at"),
                ("log", "rowid", "what"),
            )
        }
        schema = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY 1, 2"
        found["objects"] = connection.execute(schema).fetchall()
        sequences = "SELECT name, seq FROM sqlite_sequence WHERE name = 'messages'"
        return found | {"sequences": connection.execute(sequences).fetchall()}
