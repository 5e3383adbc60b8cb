"""Backups of the live database: one before each promotion, the newest N kept."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from coccinelle_assets.kept_files import kept_files, kept_path, remove_older
from coccinelle_assets.live.snapshot import copy_database

SUFFIX = ".sqlite"


def back_up(live: sqlite3.Connection, directory: Path, label: str, kept: int) -> Path:
    """Copy the live database into `directory` and remove all but the newest `kept` copies."""
    backup = kept_path(directory, label, SUFFIX)
    copy_database(live, backup, durable=True)
    remove_older(directory, SUFFIX, kept)
    return backup


def backups(directory: Path) -> list[Path]:
    """The backups in a directory, newest first."""
    return kept_files(directory, SUFFIX)
