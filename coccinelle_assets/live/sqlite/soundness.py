"""Views, triggers and virtual tables that work, and those that do not.

SQLite keeps a view over a table that is gone, and so do real databases. What did not work before a
change is none of its business; what worked before and no longer does is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.sqlite.columns import column_names
from coccinelle_assets.live.sqlite.empty_copy import empty_copy, stand_ins
from coccinelle_assets.sql import quoted

# How SQLite compiles the triggers of a table or view, by their event.
EVENTS = ("INSERT", "UPDATE", "DELETE")


def broken_objects(copy: sqlite3.Connection) -> dict[str, str]:
    """The views, virtual tables and triggers of an empty copy that fail, each with SQLite's reason.

    Triggers are tried one by one: with another one broken beside it, none would work.
    """
    broken = {}
    rows = copy.execute(
        "SELECT name FROM sqlite_master WHERE type = 'view' OR sql LIKE 'CREATE VIRTUAL%'"
    )
    for (name,) in rows.fetchall():
        try:
            copy.execute(f"SELECT * FROM {quoted(name)}").fetchall()
        except sqlite3.Error as error:
            broken[name] = str(error)
    with each_trigger_alone(copy) as triggers:
        for name, table in triggers:
            try:
                for event in EVENTS:
                    compile_event(copy, table, event)
            except sqlite3.Error as error:
                broken[name] = str(error)
    return broken


@contextmanager
def each_trigger_alone(copy: sqlite3.Connection) -> Iterator[Iterator[tuple[str, str]]]:
    """The triggers of an empty copy, each with its table: the one at hand is the only one there."""
    triggers = copy.execute(
        "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY rowid"
    ).fetchall()
    for name, _, _ in triggers:
        copy.execute(f"DROP TRIGGER {quoted(name)}")

    def alone() -> Iterator[tuple[str, str]]:
        for name, table, definition in triggers:
            copy.execute(definition)
            yield name, table
            copy.execute(f"DROP TRIGGER {quoted(name)}")

    try:
        yield alone()
    finally:
        for _, _, definition in triggers:
            copy.execute(definition)


def compile_event(copy: sqlite3.Connection, table: str, event: str, *columns: str) -> None:
    """Have SQLite compile a statement that fires a table's triggers of one event; nothing runs.

    `columns` are those that an UPDATE writes, all of them when none is named.
    """
    written = columns or column_names(copy, table)
    if event == "INSERT":
        names = ", ".join(map(quoted, written))
        statement = f"INTO {quoted(table)} ({names}) SELECT {', '.join(['NULL'] * len(written))}"
    elif event == "UPDATE":
        assignments = ", ".join(f"{quoted(name)} = {quoted(name)}" for name in written)
        statement = f"{quoted(table)} SET {assignments}"
    else:
        statement = f"FROM {quoted(table)}"
    if not written:
        return
    try:
        copy.execute(f"EXPLAIN {event} {statement}").fetchall()
    except sqlite3.OperationalError as error:
        # A view without an INSTEAD OF trigger of this event.
        if f"cannot modify {table} because it is a view" not in str(error):
            raise


@contextmanager
def views_and_triggers_aside(live: sqlite3.Connection, refusal: str) -> Iterator[None]:
    """Inside a transaction: tables can be altered in the block, whatever is defined over them.

    Their rows must not be written meanwhile (stand_ins).

    SQLite alters nothing while any view or trigger of the whole database is broken. All are there
    again after, also those. Raises CoccinelleError, which begins with `refusal`, that names one
    that worked before and would not any more.
    """
    with empty_copy(live) as copy:
        before = broken_objects(copy)
    aside = live.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master"
        " WHERE type IN ('view', 'trigger') ORDER BY rowid"
    ).fetchall()
    # Triggers first: one of a view would go with it.
    for kind, name, _, _ in sorted(aside):
        live.execute(f"DROP {kind} {quoted(name)}")
    with stand_ins(live):
        yield
    left = {}
    for kind, name, table, definition in sorted(aside, key=lambda row: row[0] != "view"):
        try:
            live.execute(definition)
        except sqlite3.Error as error:
            left[f"{kind} {name} of {table}"] = str(error)
    with empty_copy(live) as copy:
        after = broken_objects(copy)
    require_unharmed(before, after, refusal, left)


def require_unharmed(
    before: Mapping[str, str],
    after: Mapping[str, str],
    refusal: str,
    left: Mapping[str, str] | None = None,
) -> None:
    """Raise CoccinelleError that names what worked `before` and does not `after` a change."""
    harmed = dict(left or {}) | {name: error for name, error in after.items() if name not in before}
    if harmed:
        named = ", ".join(f"{name} ({error})" for name, error in harmed.items())
        raise CoccinelleError(
            f"{refusal}: what the application has would no longer work: {named}. Drop that first; "
            "nothing was written"
        )
