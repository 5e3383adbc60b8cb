"""The live database at a location: the one module that knows every backend."""

from __future__ import annotations

from pathlib import Path

from coccinelle_assets.live.database import Database, SqliteDatabase
from coccinelle_assets.location import Location
from coccinelle_assets.settings import Settings


def open_database(location: Location, *, home: Path, busy_timeout_seconds: float) -> Database:
    """The live database at a location; nothing is opened or started yet.

    `home` is where a database that cannot be opened in place keeps its mirror and its plans.
    Raises CoccinelleError for a D1 database when it is open which one is meant.
    """
    if location.d1 is None:
        return SqliteDatabase(Path(location.spelling), busy_timeout_seconds)
    # Its modules are of no use to a file, and take time to import.
    from coccinelle_assets.live.d1.database import open_d1

    return open_d1(location.d1, home, busy_timeout_seconds)


def database_of(settings: Settings) -> Database:
    """The live database that the settings name, to be read, copied or changed."""
    return open_database(
        settings.location,
        home=settings.home_directory,
        busy_timeout_seconds=settings.busy_timeout_seconds,
    )
