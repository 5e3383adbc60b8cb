"""Which database a spelling means: a path is a SQLite file, `d1:NAME` a Cloudflare D1 database."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.wrangler_config import Configured, find_config, read_databases

D1_PREFIX = "d1:"
# Between a spelling and what else tells the database.
OF = "#"
_NAME = re.compile(r"[A-Za-z0-9_$][A-Za-z0-9_$-]*")
# Beside the databases of a folder: a home for each, by the database's name.
HOMES = ".coccinelle"


@dataclass(frozen=True, slots=True)
class D1Place:
    """A D1 database by its name or binding, in the folder of a wrangler configuration.

    `remote`: at Cloudflare, or wrangler's local one; None where that is not said. The others are
    wrangler's own options, None where they are not given.
    """

    name: str
    directory: Path
    remote: bool | None = None
    environment: str | None = None
    config: Path | None = None
    persist_to: Path | None = None

    @property
    def home_name(self) -> str:
        """The name of its home: by what wrangler's configuration has as its id, and by where it is.

        Two environments may call two databases by one name.
        """
        where = {None: "", True: "-remote", False: "-local"}[self.remote]
        return "-".join(filter(None, (f"d1-{self.name}", self.configured_id[:8]))) + where

    @property
    def configured_id(self) -> str:
        """Its id in wrangler's configuration, empty where there is none."""
        found = self._configured
        return next((each.id for each in found if each.environment == self._environment), "")

    @property
    def other_environments(self) -> list[str]:
        """The environments that know the name, where the one that is meant does not."""
        names = [each.environment for each in self._configured]
        return [] if self._environment in names else sorted(name for name in names if name)

    @property
    def _environment(self) -> str | None:
        return self.environment or os.environ.get("CLOUDFLARE_ENV") or None

    @property
    def _configured(self) -> list[Configured]:
        file = find_config(self.directory, self.config)
        found = read_databases(file) if file is not None else []
        return [each for each in found if self.name in each.names]


@dataclass(frozen=True, slots=True)
class Location:
    """A database by the spelling that names it from anywhere, and the folder it belongs to."""

    spelling: str
    directory: Path
    d1: D1Place | None = None

    @property
    def identity(self) -> str:
        """What tells it from others: of a D1 database its id, too, and where it is."""
        if self.d1 is None:
            return self.spelling
        environment = f"{self.d1.environment}/" if self.d1.environment else ""
        return self.spelling + OF + environment + self.d1.home_name


def locate(
    database: str | Path,
    wrangler_dir: str | Path,
    remote: bool | None = None,
    environment: str | None = None,
    config: str | Path | None = None,
    persist_to: str | Path | None = None,
) -> Location:
    """The location of DATABASE; what follows is about a D1 database alone.

    Raises CoccinelleError for what can be no name of one.
    """
    spelling = str(database)
    if not spelling.startswith(D1_PREFIX):
        path = Path(database).absolute()
        return Location(str(path), path.parent)
    name = spelling.removeprefix(D1_PREFIX)
    if not _NAME.fullmatch(name):
        raise CoccinelleError(
            f"{spelling!r} names no D1 database: write d1:NAME, NAME being the database_name or "
            "binding that wrangler.toml has, of letters, digits, -, _ and $"
        )
    directory = Path(wrangler_dir).absolute()
    paths = [Path(path).absolute() if path else None for path in (config, persist_to)]
    return Location(spelling, directory, D1Place(name, directory, remote, environment, *paths))


def as_seen_from(home: Path, database: str) -> str:
    """The spelling of a database that stays true when it is moved along with its home."""
    if database.startswith(D1_PREFIX):
        return database
    return os.path.relpath(Path(database).resolve(), home.resolve())
