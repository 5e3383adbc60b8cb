"""What a promotion adds to a database, and its rollback, tried on an empty copy.

A way back that turns out not to exist when it is needed is found here, before the first promotion.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.promotion.expand import (
    create_customer_indexes,
    create_link_indexes,
    expand,
    require_unique_indexes,
)
from coccinelle_assets.live.promotion.undo_log import open_undo_log
from coccinelle_assets.live.receipts import write_receipt
from coccinelle_assets.live.rollback.rollback import roll_back
from coccinelle_assets.live.sqlite.schema import read_schema
from coccinelle_assets.live.sqlite.soundness import broken_objects, require_unharmed
from coccinelle_assets.live.sqlite.transaction import ids_indexed, transaction
from coccinelle_assets.live.sqlite.watchers import watchers_resting
from coccinelle_assets.sql import quoted
from coccinelle_assets.tables import CHANGED_TABLES

Structure = dict[str, tuple[object, ...]]


def promote_empty_copy(copy: sqlite3.Connection, database: str) -> None:
    """Have an empty copy as a promotion leaves it.

    Raises CoccinelleError that says what of the schema stands in the way.
    """
    try:
        with transaction(copy):
            schema = read_schema(copy)
            undo_log = open_undo_log(copy, schema, "preflight")
            with watchers_resting(copy, CHANGED_TABLES), ids_indexed(copy, CHANGED_TABLES):
                expand(copy, schema)
                create_customer_indexes(copy)
                create_link_indexes(copy)
                require_unique_indexes(copy)
                write_receipt(copy, undo_log.run_id, {}, (), undo_log.recorded_schema(), "{}")
    except sqlite3.Error as error:
        raise CoccinelleError(
            f"{database} does not take what a migration adds: {error}; nothing was written"
        ) from error


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
