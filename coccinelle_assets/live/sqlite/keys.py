"""Which columns of a live table tell its rows apart."""

from __future__ import annotations

import sqlite3

from coccinelle_assets.sql import quoted
from coccinelle_assets.tables import IDENTIFIERS


def unique_identifiers(live: sqlite3.Connection) -> list[str]:
    """Which of e-mail and phone no two customers of a tenant may share."""
    covered = _unique_columns(live)
    return [column for column in IDENTIFIERS if frozenset(("tenant_id", column)) in covered]


def is_keyed_by_id(live: sqlite3.Connection) -> bool:
    """Whether the id is the customers' primary key (one of integers has no index), or unique."""
    keys = [row[1].lower() for row in live.execute("PRAGMA table_info(customers)") if row[5]]
    return keys == ["id"] or frozenset(("id",)) in _unique_columns(live)


def _unique_columns(live: sqlite3.Connection) -> set[frozenset[str]]:
    """The columns of each index that keeps all rows of the customers apart."""
    covered = set()
    for _, name, unique, _origin, partial in live.execute("PRAGMA index_list(customers)"):
        if unique and not partial:
            columns = live.execute(f"PRAGMA index_info({quoted(name)})")
            covered.add(frozenset(column for _, _, column in columns))
    return covered
