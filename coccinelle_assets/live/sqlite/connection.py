"""Opening the live database: read-only unless it is to be written, with errors one can act on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.files import SQLITE_MAGIC

# UPDATE ... FROM came with 3.33, DROP COLUMN and RETURNING with 3.35.
OLDEST_SQLITE = (3, 35, 0)
LEFT_BY_A_CRASH = ("SQLITE_READONLY_ROLLBACK", "SQLITE_READONLY_RECOVERY")


@contextmanager
def open_live(
    path: Path, busy_timeout_seconds: float, *, writable: bool = False
) -> Iterator[sqlite3.Connection]:
    """A connection to the live database in autocommit mode; transactions are the caller's.

    Raises CoccinelleError when the file is missing, empty, not SQLite, read-only (when it is to
    be written), or stays locked for longer than the timeout.
    """
    _require_database(path)
    try:
        with closing(_connected(path, busy_timeout_seconds, writable=writable)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise live_error(error, path, busy_timeout_seconds) from error


def _connected(path: Path, busy_timeout_seconds: float, *, writable: bool) -> sqlite3.Connection:
    """A connection that has read the schema once.

    Whoever opens a database after a crash brings it to its last commit, and has to write for that.
    """
    mode = "rw" if writable else "ro"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=busy_timeout_seconds,
        isolation_level=None,
    )
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        connection.close()
        if writable or getattr(error, "sqlite_errorname", "") not in LEFT_BY_A_CRASH:
            raise
        _connected(path, busy_timeout_seconds, writable=True).close()
        return _connected(path, busy_timeout_seconds, writable=False)
    return connection


def _require_database(path: Path) -> None:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise CoccinelleError(
            f"this Python has SQLite {sqlite3.sqlite_version}; 3.35 or newer is needed"
        )
    if path.is_dir():
        raise CoccinelleError(f"database {path} is a directory: name the file in it")
    if path.exists() and not path.is_file():
        raise CoccinelleError(f"database {path} is a device or a pipe, not a file: check the path")
    if not path.is_file():
        raise CoccinelleError(f"database {path} does not exist: check the path, nothing was made")
    try:
        with path.open("rb") as file:
            start = file.read(len(SQLITE_MAGIC))
    except PermissionError:
        raise CoccinelleError(f"database {path} may not be read: check its permissions") from None
    if not start:
        raise CoccinelleError(f"database {path} is an empty file: check the path")
    if start != SQLITE_MAGIC:
        raise CoccinelleError(f"{path} is not a SQLite database: check the path")


def live_error(error: sqlite3.Error, path: Path, busy_timeout_seconds: float) -> CoccinelleError:
    """What an SQLite error means for the user of a live database."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return CoccinelleError(
            f"database {path} stayed locked for {busy_timeout_seconds:g} s: another program is "
            "writing; nothing was written. Run again, or raise COCCINELLE_BUSY_TIMEOUT_SECONDS."
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return CoccinelleError(
            f"database {path} cannot be written: it or its directory is read-only. "
            "Nothing was written; check permissions."
        )
    if code == sqlite3.SQLITE_FULL:
        return CoccinelleError(f"no room left to write {path}: nothing was written; free space")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return CoccinelleError(
            f"database {path} is damaged ({error}): restore it from a backup; nothing was written"
        )
    return CoccinelleError(f"database {path}: {error}; nothing was written")
