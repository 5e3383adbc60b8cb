"""Running a file on a SQLite database in one transaction, under the rules that D1 sets."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.changeset.diff import read_diff
from coccinelle_assets.live.changeset.literals import text
from coccinelle_assets.live.changeset.row_diff import RowComparison
from coccinelle_assets.live.changeset.script import Script, opened
from coccinelle_assets.sql import load_sql, statements

D1_LIMITS = {
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_LENGTH: 2_000_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 100,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 5,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 25_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 32,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 50,
}


def apply_script(path: Path, database: Path) -> None:
    """Run the file at `path` on the SQLite database at `database`: all of it or nothing.

    Foreign keys are on and D1's limits set. Raises sqlite3.Error when a statement fails.
    """
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = OFF")
        for limit, value in D1_LIMITS.items():
            connection.setlimit(limit, value)
        connection.execute("BEGIN IMMEDIATE")
        for statement in statements(path.read_text(encoding="utf-8")):
            connection.execute(statement)
        connection.execute("COMMIT")


def _write_receipt(database: Path, key: str) -> None:
    """The receipts that a copy is made without."""
    fragments = {"plan": text(key), "name": text("the file before")}
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(load_sql("live/changeset/sql/receipts.sql", **fragments))


def check_script(script: Script, before: Path, after: Path) -> None:
    """Try a file on a copy of `before`, which must then be what `after` is.

    Raises CoccinelleError when it is not: such a file must not be sent anywhere.
    """
    trial = before.with_name(f"{before.stem}-trial.sqlite")
    try:
        shutil.copyfile(before, trial)
        if script.last_receipt:
            _write_receipt(trial, script.last_receipt)
        apply_script(script.path, trial)
        with opened(after, trial) as (connection, values):
            left = read_diff(connection, RowComparison(connection, values))
    except sqlite3.Error as error:
        raise CoccinelleError(
            f"the script {script.path} fails on a copy of the database ({error}): nothing was sent"
        ) from error
    finally:
        trial.unlink(missing_ok=True)
    if not left.is_empty:
        raise CoccinelleError(
            f"the script {script.path} does not do what was done to the copy "
            f"({'; '.join(left.summary()) or 'its schema differs'}): nothing was sent"
        )
