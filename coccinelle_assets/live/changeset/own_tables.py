"""The tables that scripts keep in a database, and those that they make and drop on their way.

A closed list: whatever else begins like them is the application's.
"""

from __future__ import annotations

import re
import sqlite3

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.sql import quoted
from coccinelle_assets.tables import CHANGED_TABLES

RECEIPTS = "coccinelle_receipts"
DEFERRED = "coccinelle_deferred"
# What stays after a script (sql/receipts.sql, sql/deferred.sql), with its columns.
_KEPT = {RECEIPTS: ["plan", "name", "applied_at"], DEFERRED: ["source_table", "id", "reason"]}
_PASSING = re.compile(
    r"coccinelle_(guards|aside_(sequences|\d+)|wave_tenants|stage_new|stage_\d+_(update|insert|delete)"
    rf"|old_({'|'.join(CHANGED_TABLES)}))"
)


def is_own(name: str) -> bool:
    """Whether a table of that name is a script's."""
    return name.lower() in _KEPT or bool(_PASSING.fullmatch(name.lower()))


def require_names_free(connection: sqlite3.Connection, schema: str = "main") -> None:
    """Refuse a database whose own tables have names that scripts need.

    Raises CoccinelleError that names one of them.
    """
    names = connection.execute(f"SELECT name FROM {schema}.sqlite_master").fetchall()
    for (name,) in names:
        columns = _KEPT.get(name.lower())
        if columns is not None:
            info = connection.execute(f"PRAGMA {schema}.table_info({quoted(name)})").fetchall()
            if [row[1] for row in info] == columns:
                continue
        elif not is_own(name):
            continue
        raise CoccinelleError(
            f"the application has a table {name}, a name that the SQL of a change needs for "
            "itself: give that table another name; nothing was written"
        )
