"""Files that a user names to be written: never one that holds data."""

from __future__ import annotations

from pathlib import Path

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.files import SQLITE_MAGIC, begins_with

# A DuckDB file has this after eight bytes of its own.
DUCKDB_MAGIC, DUCKDB_OFFSET = b"DUCK", 8
# A database, and the files that SQLite and DuckDB keep beside one.
BESIDE = ("", "-wal", "-shm", "-journal", ".wal")


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
    if any(_is_database(Path(str(path).removesuffix(end))) for end in BESIDE):
        raise CoccinelleError(f"{target} is a database, or a file of one: choose another name")
    if not force:
        raise CoccinelleError(f"{target} is there already: choose another name, or add --force")


def _is_database(path: Path) -> bool:
    return begins_with(path, SQLITE_MAGIC) or begins_with(path, DUCKDB_MAGIC, DUCKDB_OFFSET)
