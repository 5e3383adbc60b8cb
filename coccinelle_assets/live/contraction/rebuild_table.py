"""Rebuilding a table under another definition, with its rows, row numbers, indexes and triggers.

sqlite-utils' transform() makes a table anew out of its columns: DATETIME becomes REAL, collations
and generated columns are lost, triggers are dropped. Here SQLite itself edits the definition, on an
empty copy of the schema, where it also says which view or trigger the change would break.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.sqlite.columns import column_names, has_rowid
from coccinelle_assets.live.sqlite.definitions import definition_of, named_indexes
from coccinelle_assets.live.sqlite.empty_copy import empty_copy, require_known, stand_ins
from coccinelle_assets.live.sqlite.soundness import views_and_triggers_aside
from coccinelle_assets.live.statistics.triggers import installed_triggers
from coccinelle_assets.sql import quoted

ASIDE = "_before_rebuild"
UPDATE_OF = re.compile(r"\bUPDATE\s+OF\s(.*?)\sON\s", re.IGNORECASE | re.DOTALL)


def changed_definition(
    live: sqlite3.Connection, table: str, drop: Sequence[str], links: str
) -> tuple[str, list[str]]:
    """The definition without the columns `drop` and with `links` as that of customer_id.

    With it the names of indexes that cannot be without these columns.
    Raises CoccinelleError that names the constraint, view or trigger that stands in the way.
    """
    with empty_copy(live) as copy:
        indexes = named_indexes(copy, table)
        for name in indexes:
            copy.execute(f"DROP INDEX {quoted(name)}")
        require_known(live, table, f"table {table} cannot be made anew")
        for name in installed_triggers(copy):
            copy.execute(f"DROP TRIGGER {quoted(name)}")
        require_unwatched(copy, table, drop)
        refusal = f"table {table} cannot do without {', '.join(drop)}"
        try:
            with views_and_triggers_aside(copy, refusal):
                for column in drop:
                    copy.execute(f"ALTER TABLE {table} DROP COLUMN {quoted(column)}")
        except sqlite3.Error as error:
            raise CoccinelleError(
                f"table {table} cannot do without {column}: {error}. Change what uses it first; "
                "nothing was written"
            ) from error
        definition = definition_of(copy, table)
        lost = [name for name, text in indexes.items() if not _is_valid(copy, text)]
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as alone:
        alone.execute(definition)
        try:
            alone.execute(f"ALTER TABLE {table} DROP COLUMN customer_id")
        except sqlite3.Error as error:
            raise CoccinelleError(
                f"{table}.customer_id has constraints of its own ({error}): take them off first; "
                "nothing was written"
            ) from error
        alone.execute(f"ALTER TABLE {table} ADD COLUMN {links}")
        return definition_of(alone, table), lost


def require_unwatched(live: sqlite3.Connection, table: str, columns: Iterable[str]) -> None:
    """Refuse to drop columns that a trigger is ON UPDATE OF: SQLite lets them go.

    The trigger would be silent from then on. Raises CoccinelleError that names it.
    """
    triggers = live.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND lower(tbl_name) = ?",
        (table,),
    )
    for name, definition in triggers:
        listed = UPDATE_OF.search(definition)
        watched = (
            {part.strip(' "`[]\n\t').lower() for part in listed[1].split(",")} if listed else ()
        )
        for column in columns:
            if column.lower() in watched:
                raise CoccinelleError(
                    f"table {table} cannot do without {column}: trigger {name} is on updates of "
                    "it. Drop that first; nothing was written"
                )


def _is_valid(copy: sqlite3.Connection, definition: str) -> bool:
    try:
        copy.execute(definition)
    except sqlite3.OperationalError:
        return False
    return True


def rebuild_table(
    live: sqlite3.Connection,
    table: str,
    definition: str,
    values: Mapping[str, str] | None = None,
    joins: str = "",
) -> None:
    """Give a table another definition, inside the caller's transaction.

    `values`: the SQL of columns that are not simply the old row's (`old`), which may use `joins`.
    Indexes and triggers go with the old table: whoever calls makes them anew. Foreign keys are off
    (see transaction), so that nothing refers to the table while it is away.
    """
    live.execute("PRAGMA legacy_alter_table = ON")
    try:
        aside = table + ASIDE
        kept = {name.lower() for name in column_names(live, table)}
        with stand_ins(live):
            live.execute(f"ALTER TABLE {table} RENAME TO {aside}")
        for name in named_indexes(live, aside):
            live.execute(f"DROP INDEX {quoted(name)}")
        live.execute(definition)
        columns, sources = [], []
        for column in column_names(live, table):
            source = (values or {}).get(column.lower())
            if source or column.lower() in kept:
                columns.append(quoted(column))
                sources.append(source or f"old.{quoted(column)}")
        key = "rowid" if _has_numbers_of_its_own(live, table) else "id"
        if key == "rowid":
            columns.insert(0, "rowid")
            sources.insert(0, "old.rowid")
        live.execute(
            f"INSERT INTO {table} ({', '.join(columns)})"
            f" SELECT {', '.join(sources)} FROM {aside} AS old{joins} ORDER BY old.{key}"
        )
        _carry_on_numbering(live, table, aside)
        live.execute(f"DROP TABLE {aside}")
    finally:
        live.execute("PRAGMA legacy_alter_table = OFF")


def _carry_on_numbering(live: sqlite3.Connection, table: str, aside: str) -> None:
    """AUTOINCREMENT goes on where it was, so that no id of a deleted row is given again."""
    if live.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone():
        numbered = (table, aside)
        live.execute("DELETE FROM sqlite_sequence WHERE lower(name) = ?", numbered[:1])
        live.execute(
            "UPDATE sqlite_sequence SET name = (SELECT name FROM sqlite_master"
            " WHERE type = 'table' AND lower(name) = ?) WHERE lower(name) = ?",
            numbered,
        )


def _has_numbers_of_its_own(live: sqlite3.Connection, table: str) -> bool:
    """Whether rows have numbers apart from any column."""
    keys = [row for row in live.execute(f"PRAGMA table_info({table})") if row[5]]
    is_alias = len(keys) == 1 and keys[0][2].upper() == "INTEGER"
    return has_rowid(live, table) and not is_alias
