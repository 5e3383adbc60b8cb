"""Which database a spelling means: a path is a SQLite file, `d1:NAME` a Cloudflare D1 database."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

D1_PREFIX = "d1:"
# Beside the databases of a folder: a home for each, by the database's name.
HOMES = ".coccinelle"


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


def as_seen_from(home: Path, database: str) -> str:
    """The spelling of a database that stays true when it is moved along with its home."""
    if database.startswith(D1_PREFIX):
        return database
    return os.path.relpath(Path(database).resolve(), home.resolve())
