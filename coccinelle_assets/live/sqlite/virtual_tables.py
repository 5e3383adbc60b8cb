"""Virtual tables, the tables they keep for themselves, and indexes over the rows of others."""

from __future__ import annotations

import re
import sqlite3

from coccinelle_assets.sql import quoted

# FTS4 and FTS5 keep an index over the rows of another table when they are told its name.
_INDEX_OVER_ROWS = re.compile(
    r"\bUSING\s+fts[45]\b.*?\bcontent\s*=\s*(?:'([^']+)'|\"([^\"]+)\"|`([^`]+)`|([^'\"`,)\s]+))",
    re.IGNORECASE | re.DOTALL,
)


def virtual_tables(connection: sqlite3.Connection, schema: str = "main") -> dict[str, str]:
    """The definitions of virtual tables by their names."""
    rows = connection.execute(
        f"SELECT name, sql FROM {schema}.sqlite_master"
        " WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL%' ORDER BY rowid"
    )
    return dict(rows.fetchall())


def shadow_tables(connection: sqlite3.Connection, schema: str = "main") -> set[str]:
    """Tables that virtual ones keep for themselves, where SQLite knows them as such."""
    rows = connection.execute(f"PRAGMA {schema}.table_list").fetchall()
    return {name for where, name, kind, *_ in rows if kind == "shadow" and where == schema}


def content_of(definition: str) -> str | None:
    """The table or view whose rows an index for full text is over, None for other tables."""
    found = _INDEX_OVER_ROWS.search(definition)
    return next((name for name in found.groups() if name), None) if found else None


def is_sound(connection: sqlite3.Connection, index: str) -> bool:
    """Whether an index over a table's rows is of these rows, all of them."""
    name = quoted(index)
    # Of FTS5, and of FTS4, which has no rank.
    for check in (
        f"({name}, rank) VALUES ('integrity-check', 1)",
        f"({name}) VALUES ('integrity-check')",
    ):
        try:
            connection.execute(f"INSERT INTO {name} {check}")
            return True
        except sqlite3.OperationalError:
            continue
        except sqlite3.DatabaseError:
            return False
    return False


def rebuild(index: str) -> str:
    """The statement that makes an index anew out of its rows."""
    name = quoted(index)
    return f"INSERT INTO {name} ({name}) VALUES ('rebuild')"
