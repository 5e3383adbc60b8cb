"""A promotion that writes nothing and its rollback, tried on an empty copy of a database.

A way back that turns out not to exist when it is needed is found here, before the first promotion.
"""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

from coccinelle_assets.errors import CoccinelleError, PromotionRefusedError
from coccinelle_assets.live.promotion.plan_file import write_empty_plan
from coccinelle_assets.live.promotion.run import Promotion, promote_to
from coccinelle_assets.live.rollback.rollback import roll_back
from coccinelle_assets.live.sqlite.soundness import broken_objects, require_unharmed
from coccinelle_assets.settings import GateThresholds
from coccinelle_assets.sql import quoted

Structure = dict[str, tuple[object, ...]]


def promote_empty_copy(copy: sqlite3.Connection, database: str) -> None:
    """Have an empty copy as a first promotion leaves it.

    Raises CoccinelleError that says what of the schema stands in the way.
    """
    with tempfile.TemporaryDirectory() as directory:
        plan = Path(directory) / "plan.sqlite"
        write_empty_plan(plan)
        try:
            promote_to(copy, Promotion(plan, "preflight", GateThresholds()))
        except (sqlite3.Error, PromotionRefusedError) as error:
            raise CoccinelleError(
                f"{database} does not take what a migration adds: {error}; nothing was written"
            ) from error
    # What is left of a promotion goes with its connection; this one goes on.
    temporary = copy.execute("SELECT type, name FROM sqlite_temp_master WHERE sql IS NOT NULL")
    for kind, name in temporary.fetchall():
        copy.execute(f"DROP {kind} IF EXISTS temp.{quoted(name)}")


def require_way_back(copy: sqlite3.Connection, database: str) -> None:
    """Promote an empty copy that never was, and roll it back: it must be as it was.

    Raises CoccinelleError that names what would not be.
    """
    before, broken = _structure(copy), broken_objects(copy)
    promote_empty_copy(copy, database)
    refusal = f"{database}: a migration could not be taken back"
    # Now, that nobody can have built on it: what a rollback refuses here is of the schema as it is.
    require_unharmed(broken, broken_objects(copy), f"{database} cannot be migrated")
    try:
        roll_back(copy, database, Path())
    except (sqlite3.Error, CoccinelleError) as error:
        raise CoccinelleError(f"{refusal}: {error}") from error
    after = _structure(copy)
    changed = sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )
    if changed:
        raise CoccinelleError(
            f"{refusal}: {', '.join(changed)} would not be as before; nothing was written"
        )
    require_unharmed(broken, broken_objects(copy), refusal)


def _structure(copy: sqlite3.Connection) -> Structure:
    """What a schema means: SQLite may write a definition anew, with other spaces."""
    objects = copy.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    ).fetchall()
    return {
        f"{kind} {name}": (
            tuple(copy.execute(f"PRAGMA table_xinfo({quoted(name)})").fetchall()),
            tuple(copy.execute(f"PRAGMA foreign_key_list({quoted(name)})").fetchall()),
            tuple(copy.execute(f"PRAGMA index_list({quoted(name)})").fetchall()),
        )
        if kind == "table"
        else (sql,)
        for kind, name, sql in objects
    }
