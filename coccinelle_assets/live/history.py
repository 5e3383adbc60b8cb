"""What happened to a live database: its receipts, its contraction, and the backups beside it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coccinelle_assets.live.database import Database
from coccinelle_assets.live.receipts import Receipt, last_standing, read_receipts
from coccinelle_assets.live.sqlite.backups import backups
from coccinelle_assets.live.sqlite.schema import read_schema


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of the database and its size in bytes."""

    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class History:
    """Receipts and backups, newest first; when the tables were contracted, and into which file."""

    receipts: list[Receipt]
    backups: list[Backup]
    contracted_at: str | None = None
    archive: str | None = None

    @property
    def backup_bytes(self) -> int:
        """The size of all backups together."""
        return sum(backup.size for backup in self.backups)

    def as_dict(self) -> dict[str, Any]:
        """The history as JSON takes it."""
        return {
            "promotions": [receipt.as_dict() for receipt in self.receipts],
            "contracted_at": self.contracted_at,
            "archive": self.archive,
            "backups": [{"path": str(row.path), "bytes": row.size} for row in self.backups],
            "backup_bytes": self.backup_bytes,
        }


def is_promoted(database: Database) -> bool:
    """Whether a promotion stands; receipts may be there without one, in an empty table."""
    schema = database.schema()
    columns = schema.tables.get("customer_promotions")
    if not columns:
        return False
    (answer,) = database.ask(schema, last_standing("run_id", columns))
    return bool(answer.rows)


def read_history(live: sqlite3.Connection, backup_directory: Path) -> History:
    """The history of a live database; nothing is written."""
    contraction = (None, None)
    if read_schema(live).has("customer_contracts"):
        query = "SELECT contracted_at, archive FROM customer_contracts ORDER BY rowid DESC LIMIT 1"
        contraction = live.execute(query).fetchone() or contraction
    copies = [Backup(path, path.stat().st_size) for path in backups(backup_directory)]
    return History(read_receipts(live), copies, *contraction)
