"""Undoing a contraction: the columns come back with their values, under their old definition."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.additions import CHANGED_TABLES, OriginalSchema
from coccinelle_assets.live.contract import DETAILS, index_definitions
from coccinelle_assets.live.rebuild import definition_of, rebuild_table
from coccinelle_assets.live.schema import read_schema
from coccinelle_assets.live.statistics import correct_statistics
from coccinelle_assets.live.transaction import run_script, triggers_suspended
from coccinelle_assets.resolution.linkage import LINKED_TABLES
from coccinelle_assets.sql import quoted

# What a row that came after the contraction is given: what its customer is known by.
FROM_CUSTOMER = {
    "customer_name": "trim(COALESCE(c.first_name, '') || ' ' || COALESCE(c.last_name, ''))",
    "customer_email": "c.email",
    "customer_phone": "c.phone",
}


@dataclass(frozen=True, slots=True)
class StandingContract:
    """The contraction that a database is under."""

    contract_id: str
    archive: str
    before: OriginalSchema
    last_promotion: str


def standing_contract(live: sqlite3.Connection) -> StandingContract | None:
    """The contraction that was not undone, None when there is none."""
    if not read_schema(live).has("customer_contracts"):
        return None
    row = live.execute(
        "SELECT contract_id, archive, schema_before, last_promotion FROM customer_contracts"
        " ORDER BY rowid DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    contract_id, archive, before, last_promotion = row
    return StandingContract(contract_id, archive, OriginalSchema.from_json(before), last_promotion)


@contextmanager
def archive_attached(
    live: sqlite3.Connection, contract: StandingContract | None, archives: Path
) -> Iterator[None]:
    """The archive of a contraction as `archive`, outside of any transaction.

    Raises CoccinelleError when the file is not there: without it the values cannot come back.
    """
    if contract is None:
        yield
        return
    path = archives / contract.archive
    if not path.is_file():
        raise CoccinelleError(
            f"{path} holds the columns that the contraction dropped, and is not there: put it "
            "back, or set COCCINELLE_HOME to the home it was made in; nothing was written"
        )
    live.execute("ATTACH ? AS archive", (f"{path.absolute().as_uri()}?mode=ro",))
    try:
        yield
    finally:
        live.execute("DETACH archive")


def undo_contract(live: sqlite3.Connection, contract: StandingContract) -> dict[str, int]:
    """Bring the details back, inside the caller's transaction, with the archive attached.

    Returns the number of rows by table. Rows that came since get their customer's details.
    """
    counts = {}
    with triggers_suspended(live, CHANGED_TABLES):
        for table in LINKED_TABLES:
            counts[f"{table}_details_restored"] = _restore_details(live, contract.before, table)
        run_script(live, "sql/contract/forget_anonymous.sql")
        correct_statistics(live, read_schema(live))
    live.execute("DROP TABLE customer_contracts")
    return counts


def _restore_details(live: sqlite3.Connection, before: OriginalSchema, table: str) -> int:
    recorded = [
        (name, definition)
        for name, (kind, owner, definition) in before.objects.items()
        if kind == "index" and owner.lower() == table
    ]
    newer = index_definitions(live, table, without=[name for name, _ in recorded])
    definition, required = _definition(live, before, table)
    values = {
        detail: f"CASE WHEN a.id IS NOT NULL THEN a.{detail}"
        f" ELSE {_filled(FROM_CUSTOMER[detail], detail in required)} END"
        for detail in DETAILS
    }
    joins = (
        f" LEFT JOIN archive.{table} AS a ON a.id = old.id"
        " LEFT JOIN customers AS c ON c.id = old.customer_id"
    )
    rebuild_table(live, table, definition, values, joins)
    for statement in [*(definition for _, definition in recorded), *newer]:
        live.execute(statement)
    return live.execute(f"SELECT count(*) FROM archive.{table}").fetchone()[0]


def _filled(value: str, required: bool) -> str:
    return f"COALESCE({value}, '')" if required else f"nullif({value}, '')"


def _definition(
    live: sqlite3.Connection, before: OriginalSchema, table: str
) -> tuple[str, Sequence[str]]:
    """The recorded definition, with columns that the application added since; NOT NULL details."""
    recorded = before.objects[_recorded_name(before, table)][2]
    known = {name.lower() for name in before.columns[_recorded_name(before, table)]}
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as alone:
        alone.execute(recorded)
        for _, name, kind, required, default, _ in live.execute(f"PRAGMA table_info({table})"):
            if name.lower() not in known:
                strict = " NOT NULL" if required else ""
                given = f" DEFAULT {default}" if default is not None else ""
                alone.execute(
                    f"ALTER TABLE {table} ADD COLUMN {quoted(name)} {kind}{strict}{given}"
                )
        info = alone.execute(f"PRAGMA table_info({table})").fetchall()
        return definition_of(alone, table), [row[1].lower() for row in info if row[3]]


def _recorded_name(before: OriginalSchema, table: str) -> str:
    return next(name for name in before.columns if name.lower() == table)
