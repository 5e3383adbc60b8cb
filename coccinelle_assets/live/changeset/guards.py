"""Guards of a file: what must hold, or all of it is rolled back.

A guard is a row of a table whose CHECK constraints carry the guards' names, so that the error
message says which one held.
"""

from __future__ import annotations

from collections.abc import Sequence

from coccinelle_assets.sql import quoted

SCHEMA_UNCHANGED = "schema_unchanged"
NOTHING_APPLIED_SINCE = "nothing_applied_since"
DELETED_ROWS_UNCHANGED = "deleted_rows_unchanged"
GUARD_TABLE = "coccinelle_guards"


def guard_table(names: Sequence[str]) -> str:
    """The statement that makes the guard table, a constraint for each name."""
    columns = ",\n    ".join(
        f"{quoted(name)} INTEGER CONSTRAINT {quoted(name)} CHECK ({quoted(name)} = 1)"
        for name in names
    )
    return f"CREATE TABLE {GUARD_TABLE} (\n    {columns}\n)"


def guard(name: str, condition: str) -> str:
    """A statement that fails unless an SQL condition is true."""
    return f"INSERT INTO {GUARD_TABLE} ({quoted(name)}) SELECT ({condition}) IS TRUE"
