"""Whose home it is: of one database, known by its place and by the first promotion in it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import filelock

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.files import is_sqlite, write_whole
from coccinelle_assets.home import LOCK, held_home
from coccinelle_assets.live.database import Database
from coccinelle_assets.live.receipts import first_promotion, read_receipts
from coccinelle_assets.location import D1_PREFIX, HOMES, OF, as_seen_from

NOTE = "database.json"
OWN_HOME = "give it a home of its own (--home, or COCCINELLE_HOME); nothing was written"
# Of runs that were to be the first promotion and were not.
REMEMBERED = 50
# What a home of an older version holds, which all databases of a folder shared.
KEPT: tuple[str, ...] = (
    "backups",
    "reports",
    "contracts",
    "dagster",
    "d1",
    "warehouse.duckdb",
    "snapshot.sqlite",
)
KEPT += ("plan.sqlite", "promoted_state.json", "state_at_snapshot.json")


@dataclass(frozen=True, slots=True)
class HomeOwner:
    """A database as seen from its home, and the runs that may be the first promotion in it."""

    database: str
    promotions: list[str] = field(default_factory=list)


def read_owner(home: Path) -> HomeOwner | None:
    """Whose home it is; None for a new one, and where the note cannot be read."""
    try:
        noted = json.loads((home / NOTE).read_text(encoding="utf-8"))
        return HomeOwner(str(noted["database"]), [str(run) for run in noted["promotions"]])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def require_home(home: Path, spelling: str, database: Database) -> HomeOwner:
    """The owner of a home that this database may use; nothing is written.

    A database that was renamed since is the same one. Raises CoccinelleError with both names.
    """
    first = _first_promotion(database)
    here = as_seen_from(home, spelling)
    owner = read_owner(home)
    if owner is None:
        return HomeOwner(here, [first] if first else [])
    require_same_database(home, owner.database, spelling)
    if first and owner.promotions and first not in owner.promotions:
        raise CoccinelleError(
            f"the home {home} belongs to the database {_named(home, owner.database)} as it was "
            f"before another one took its place: {spelling} was first promoted by run {first}, "
            f"which this home does not know: {OWN_HOME}"
        )
    known = owner.promotions if first is None or owner.promotions else [first]
    return HomeOwner(here, known)


def require_same_database(home: Path, noted: str, spelling: str) -> None:
    """Refuse what a home keeps of the database `noted`, as seen from it, for another one.

    One that was renamed since is the same one. Raises CoccinelleError with both names.
    """
    here = as_seen_from(home, spelling)
    # Versions before told a D1 database by its name alone.
    if noted in (here, here.partition(OF)[0] if here.startswith(D1_PREFIX) else here):
        return
    other = _path(home, noted)
    if other is not None and not spelling.startswith(D1_PREFIX) and not other.is_file():
        return
    raise CoccinelleError(
        f"the home {home} belongs to the database {_named(home, noted)}, and this run is about "
        f"{spelling}: {OWN_HOME}"
    )


def _path(home: Path, noted: str) -> Path | None:
    """Where the file of a database is, None where it is none."""
    if noted.startswith(D1_PREFIX):
        return None
    return Path(os.path.normpath(home.resolve() / noted))


def _named(home: Path, noted: str) -> str:
    return str(_path(home, noted) or noted)


def claim_home(
    home: Path, spelling: str, database: Database, tell: Callable[[str], None] = lambda text: None
) -> None:
    """Note whose home it is, on first use after taking over what an older one kept.

    The caller holds the home. `tell` hears what was taken over. Raises CoccinelleError where it
    is another database's.
    """
    if read_owner(home) is None and home.parent.name == HOMES:
        _take_over(home, spelling, database, tell)
    owner = require_home(home, spelling, database)
    if owner != read_owner(home):
        _write_owner(home, owner)


def require_home_to_read(
    home: Path, spelling: str, database: Database, tell: Callable[[str], None]
) -> None:
    """The same for a command that reads what is kept and writes nothing to the database."""
    if read_owner(home) is None and home.parent.name == HOMES and home.parent.is_dir():
        with held_home(home, "a command that reads", 0):
            claim_home(home, spelling, database, tell)
    else:
        require_home(home, spelling, database)


def expect_first_promotion(home: Path, database: Database, run_id: str) -> None:
    """Note, before it is written, the run that a database will know as its first promotion."""
    owner = read_owner(home)
    if owner is not None and database.file is not None and _first_promotion(database) is None:
        promotions = [*owner.promotions, run_id][-REMEMBERED:]
        _write_owner(home, HomeOwner(owner.database, promotions))


def _write_owner(home: Path, owner: HomeOwner) -> None:
    write_whole(home / NOTE, json.dumps(asdict(owner)), durable=True)


def _first_promotion(database: Database) -> str | None:
    """Of a file; to ask D1 would take a copy of it, and its name is fixed."""
    if database.file is None:
        return None
    with database.read() as live:
        return first_promotion(live)


def _take_over(home: Path, spelling: str, database: Database, tell: Callable[[str], None]) -> None:
    """Move what the database had elsewhere: under its old name, or in a home that others shared."""
    renamed = _home_without_id(home, spelling)
    renamed = renamed or _home_of_old_name(home, _first_promotion(database))
    source = renamed or home.parent
    if renamed is None and not any((source / name).exists() for name in KEPT):
        return
    lock = filelock.FileLock(source.resolve() / LOCK, fallback_to_soft=False)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise CoccinelleError(
            f"the home {source} is in use by a run, and {spelling} is to take over what it holds: "
            "wait for that run to end and run again; nothing was written"
        ) from None
    try:
        if renamed is not None or _had_alone(source, home, database):
            moved = [source / name for name in (*KEPT, *([NOTE] if renamed else []))]
        else:
            moved = _backups_of(database, source)
        moved = [path for path in moved if path.exists() and not _is_elsewhere(path)]
        for path in moved:
            target = home / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                shutil.move(path, target)
    finally:
        lock.release()
    if moved:
        tell(f"{home} takes over what {source} kept of {spelling}.")


def _home_without_id(home: Path, spelling: str) -> Path | None:
    """Where a version before kept what it knew of a D1 database, by its name alone.

    Of one in an environment nobody can say whether it was that.
    """
    name, _, told = spelling.partition(OF)
    if not name.startswith(D1_PREFIX) or told != home.name:
        return None
    where = home.name.rpartition("-")[2]
    old = home.parent / f"d1-{name.removeprefix(D1_PREFIX)}-{where}"
    return old if old != home and (old / NOTE).is_file() else None


def _home_of_old_name(home: Path, first: str | None) -> Path | None:
    """The home beside this one of a file that is gone, and that had the same first promotion."""
    for note in sorted(home.parent.glob(f"*/{NOTE}")) if first else ():
        owner = read_owner(note.parent)
        path = _path(note.parent, owner.database) if owner else None
        if owner and path and not path.is_file() and first in owner.promotions:
            return note.parent
    return None


def _is_elsewhere(path: Path) -> bool:
    """Whether it is Dagster's home by the environment, where a server may be using it."""
    named = os.environ.get("DAGSTER_HOME")
    return path.name == "dagster" and bool(named) and Path(str(named)).resolve() == path.resolve()


def _had_alone(shared: Path, home: Path, database: Database) -> bool:
    """Whether no other database of the folder can have used the home that it shared."""
    if database.file is None:
        used = {f"d1-{path.name}-{path.parent.name}" for path in shared.glob("d1/*/*")}
        return used == {home.name}
    return not any(
        is_sqlite(path)
        for path in database.file.parent.iterdir()
        if path.resolve() != database.file.resolve()
    )


def _backups_of(database: Database, shared: Path) -> list[Path]:
    """The backups whose names tell a promotion that the database itself knows."""
    if database.file is None:
        return []
    with database.read() as live:
        runs = {receipt.run_id[:8] for receipt in read_receipts(live)}
    found: list[Path] = []
    with suppress(OSError):
        found = [
            path
            for path in (shared / "backups").glob("*.sqlite")
            if path.stem.rpartition("-")[2] in runs
        ]
    return found
