"""Undoing a contraction: the columns come back with their values, under their old definition."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.contraction.contract import add_anonymous_id
from coccinelle_assets.live.contraction.rebuild_table import rebuild_table
from coccinelle_assets.live.sqlite.columns import stored_columns
from coccinelle_assets.live.sqlite.definitions import definition_of, named_indexes, take_off
from coccinelle_assets.live.sqlite.original_schema import OriginalSchema
from coccinelle_assets.live.sqlite.schema import read_schema
from coccinelle_assets.live.sqlite.transaction import run_script
from coccinelle_assets.live.sqlite.watchers import triggers_away, watchers_resting
from coccinelle_assets.live.statistics.count import correct_statistics
from coccinelle_assets.tables import CHANGED_TABLES, DETAILS, LINKED_TABLES

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
    after: OriginalSchema
    last_promotion: str


def standing_contract(live: sqlite3.Connection) -> StandingContract | None:
    """The contraction that was not undone, None when there is none."""
    if not read_schema(live).has("customer_contracts"):
        return None
    row = live.execute(
        "SELECT contract_id, archive, schema_before, schema_after, last_promotion"
        " FROM customer_contracts"
        " ORDER BY rowid DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    contract_id, archive, before, after, last_promotion = row
    return StandingContract(
        contract_id,
        archive,
        OriginalSchema.from_json(before),
        OriginalSchema.from_json(after),
        last_promotion,
    )


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


def restore_tables(live: sqlite3.Connection, contract: StandingContract) -> dict[str, int]:
    """Bring the details back, inside the caller's transaction, with the archive attached.

    Returns the number of rows by table. Rows that came since get their customer's details.
    """
    counts = {}
    with triggers_away(live, LINKED_TABLES):
        for table in LINKED_TABLES:
            counts[f"{table}_details_restored"] = _restore_details(live, contract, table)
    add_anonymous_id(live)
    with watchers_resting(live, CHANGED_TABLES):
        run_script(live, "live/contraction/sql/forget_anonymous.sql")
        correct_statistics(live, read_schema(live))
    live.execute("DROP TABLE customer_contracts")
    return counts


def _restore_details(live: sqlite3.Connection, contract: StandingContract, table: str) -> int:
    schema = read_schema(live)
    before, after = contract.before, contract.after
    dropped = before.indexes(table).keys() - after.indexes(table).keys()
    came_back = {name: before.indexes(table)[name] for name in sorted(dropped)}
    indexes = came_back | named_indexes(live, table)
    definition, required = _definition(live, contract, table)
    values = {
        detail: f"CASE WHEN a.id IS NOT NULL THEN a.{detail}"
        f" ELSE {_filled(FROM_CUSTOMER[detail], detail in required)} END"
        for detail in DETAILS
    }
    joins = (
        f" LEFT JOIN archive.{table} AS a ON a.id = {schema.record_id(table, 'old.')}"
        " LEFT JOIN customers AS c ON c.id = old.customer_id"
    )
    rebuild_table(live, table, definition, values, joins)
    for statement in indexes.values():
        live.execute(statement)
    return live.execute(f"SELECT count(*) FROM archive.{table}").fetchone()[0]


def _filled(value: str, required: bool) -> str:
    return f"COALESCE({value}, '')" if required else f"nullif({value}, '')"


def _definition(
    live: sqlite3.Connection, contract: StandingContract, table: str
) -> tuple[str, Sequence[str]]:
    """The recorded definition, with columns that the application added since; NOT NULL details.

    Raises CoccinelleError when the application changed the table in any other way.
    """
    known = {name.lower() for name in contract.after.columns[table]}
    added = [name for name in read_schema(live).tables[table] if name.lower() not in known]
    texts: list[str] = []
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as alone:
        try:
            alone.execute(definition_of(live, table))
            for name in reversed(added):
                texts.insert(0, take_off(alone, table, name))
            unchanged = definition_of(alone, table) == contract.after.definition(table)
        except sqlite3.Error:
            unchanged = False
    if not unchanged:
        raise CoccinelleError(
            f"the application changed the definition of {table} since the contraction by more than "
            "new columns: change it back, or restore a backup; nothing was written"
        )
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as alone:
        alone.execute(contract.before.definition(table))
        for text in texts:
            alone.execute(f"ALTER TABLE {table} ADD COLUMN {text}")
        columns = stored_columns(alone, table)
        return definition_of(alone, table), [c.name.lower() for c in columns if not c.nullable]
