"""Files that a user names to be written: never one that holds data."""

from __future__ import annotations

from pathlib import Path

from coccinelle_assets.errors import CoccinelleError

# A SQLite file begins so, a DuckDB file after eight bytes of its own.
SQLITE_MAGIC, DUCKDB_MAGIC = b"SQLite format 3\x00", b"DUCK"
# Files that SQLite keeps beside a database.
BESIDE = ("", "-wal", "-shm", "-journal")


def require_output(target: Path, database: Path | None, home: Path, *, force: bool) -> None:
    """Refuse to write a report or a script to `target` where that would destroy something.

    `database` is the live one where it is a file. A file that is there is written over with
    `force` alone, a database never. Raises CoccinelleError.
    """
    path = target.resolve()
    if database is not None and path in [Path(f"{database.resolve()}{end}") for end in BESIDE]:
        raise CoccinelleError(f"{target} is the live database: choose another name")
    if path.is_relative_to(home.resolve()):
        raise CoccinelleError(f"{target} is in the home {home}, which is the project's own")
    if path.is_dir():
        raise CoccinelleError(f"{target} is a directory: name a file in it")
    if not path.exists():
        return
    try:
        with path.open("rb") as file:
            start = file.read(len(SQLITE_MAGIC))
    except OSError as error:
        raise CoccinelleError(f"{target} cannot be written: {error.strerror}") from error
    if start == SQLITE_MAGIC or start[8:12] == DUCKDB_MAGIC:
        raise CoccinelleError(f"{target} is a database: choose another name")
    if not force:
        raise CoccinelleError(f"{target} is there already: choose another name, or add --force")
