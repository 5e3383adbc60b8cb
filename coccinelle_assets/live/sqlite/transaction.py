"""One transaction on a live database, and the running of .sql files inside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from coccinelle_assets.live.sqlite.columns import leads_to_id, lower_names
from coccinelle_assets.sql import load_sql, statements


@contextmanager
def transaction(live: sqlite3.Connection) -> Iterator[None]:
    """All or nothing: committed when the block ends, rolled back when it raises.

    A block that finds nothing to do may roll back itself.

    `live` is in autocommit mode. Foreign keys are not enforced inside, so that rows may change in
    the order that suits; what refers to a customer is checked by whoever deletes one.
    """
    live.execute("PRAGMA foreign_keys = OFF")
    live.execute("BEGIN IMMEDIATE")
    try:
        yield
        # A reader that stays longer than the timeout keeps COMMIT from its exclusive lock.
        if live.in_transaction:
            live.execute("COMMIT")
    except BaseException:
        # Some errors, such as a full disk, have rolled back already.
        if live.in_transaction:
            live.execute("ROLLBACK")
        raise


@contextmanager
def ids_indexed(live: sqlite3.Connection, tables: Iterable[str]) -> Iterator[None]:
    """Inside a transaction: in the block each of these tables has an index that leads to an id.

    Most have one, their primary key. Where a deployment has none, every row that is looked up would
    be looked for among all.
    """
    made = [
        name for name in tables if "id" in lower_names(live, name) and not leads_to_id(live, name)
    ]
    for table in made:
        live.execute(f"CREATE INDEX {_id_index(table)} ON {table} (id)")
    yield
    for table in made:
        live.execute(f"DROP INDEX {_id_index(table)}")


def _id_index(table: str) -> str:
    return f"coccinelle_{table}_id"


def run(live: sqlite3.Connection, path: str, **fragments: str) -> sqlite3.Cursor:
    """Run the one statement of a .sql file."""
    return live.execute(load_sql(path, **fragments))


def run_script(live: sqlite3.Connection, path: str, **fragments: str) -> list[int]:
    """Run each statement of a file; returns the number of rows that each changed."""
    script = load_sql(path, **fragments)
    return [live.execute(statement).rowcount for statement in statements(script)]


def scalar(live: sqlite3.Connection, query: str, values: tuple[object, ...] = ()) -> Any:
    """The first value of a query's first row."""
    return live.execute(query, values).fetchone()[0]
