"""Backups of the live database: one before each promotion, the newest N kept."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from coccinelle_assets.live.snapshot import copy_database


def back_up(live: sqlite3.Connection, directory: Path, label: str, kept: int) -> Path:
    """Copy the live database into `directory` and remove all but the newest `kept` copies."""
    directory.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    backup = directory / f"{stamp}-{label}.sqlite"
    copy_database(live, backup, durable=True)
    for old in backups(directory)[kept:]:
        old.unlink()
    return backup


def backups(directory: Path) -> list[Path]:
    """The backups in a directory, newest first."""
    return sorted(directory.glob("*.sqlite"), reverse=True)
