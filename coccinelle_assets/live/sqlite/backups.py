"""Backups of the live database: one before each promotion, the newest N kept."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.files import kept_files, kept_path, remove_older, settle
from coccinelle_assets.live.sqlite.snapshot import copy_database

SUFFIX = ".sqlite"


def back_up(
    live: sqlite3.Connection,
    directory: Path,
    label: str,
    kept: int,
    exact_copy: Path | None = None,
) -> Path:
    """Copy the live database into `directory` and remove all but the newest `kept` copies.

    `exact_copy` is a file that holds what `live` holds: it becomes the backup, with no second name,
    so that whatever happens to the snapshot does not happen to it.
    """
    backup = kept_path(directory, label, SUFFIX)
    if exact_copy is None or not _move(exact_copy, backup):
        copy_database(live, backup, durable=True)
    _require_readable(backup)
    remove_older(directory, SUFFIX, kept, backup)
    return backup


def _require_readable(backup: Path) -> None:
    """Refuse to go on without a way back; raises CoccinelleError."""
    try:
        with closing(sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro", uri=True)) as copy:
            copy.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        raise CoccinelleError(
            f"the backup {backup} cannot be read ({error}): look at its disk; nothing was written"
        ) from error


def _move(source: Path, target: Path) -> bool:
    """Give a file another name, once it is on the disk; False where that takes another disk."""
    try:
        settle(source)
        source.replace(target)
    except OSError:
        return False
    return True


def backups(directory: Path) -> list[Path]:
    """The backups in a directory, newest first."""
    return kept_files(directory, SUFFIX)
