"""Which database a spelling means: a path is a SQLite file, `d1:NAME` a Cloudflare D1 database.

This is the one place that tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coccinelle_assets.live.database import Database

D1_PREFIX = "d1:"


@dataclass(frozen=True, slots=True)
class Location:
    """A database by the spelling that names it from anywhere, and the folder it belongs to."""

    spelling: str
    directory: Path
    d1_name: str | None = None


def locate(database: str | Path, wrangler_dir: str | Path) -> Location:
    """The location of DATABASE; `wrangler_dir` is the folder of a D1 database's wrangler.toml."""
    spelling = str(database)
    if spelling.startswith(D1_PREFIX):
        name = spelling.removeprefix(D1_PREFIX)
        return Location(spelling, Path(wrangler_dir).absolute(), d1_name=name)
    path = Path(database).absolute()
    return Location(str(path), path.parent)


def open_database(
    location: Location, *, home: Path, busy_timeout_seconds: float, d1_remote: bool | None
) -> Database:
    """The live database at a location; nothing is opened or started yet.

    `home` is where a database that cannot be opened in place keeps its mirror and its plans.
    Raises CoccinelleError for a D1 database when `d1_remote` leaves open which one is meant.
    """
    if location.d1_name is None:
        from coccinelle_assets.live.database import SqliteDatabase

        return SqliteDatabase(Path(location.spelling), busy_timeout_seconds)
    from coccinelle_assets.live.d1.database import open_d1

    return open_d1(location.d1_name, location.directory, home, busy_timeout_seconds, d1_remote)
