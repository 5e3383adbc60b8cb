"""The contract half of expand/contract (plan, step 3): links take the place of copied details.

The columns customer_name, customer_email and customer_phone go, customer_id becomes NOT NULL with a
foreign key. Their values are kept in an archive file, which a rollback reads.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from coccinelle_assets.errors import CoccinelleError, PromotionRefusedError
from coccinelle_assets.files import settle, stamp
from coccinelle_assets.live.contraction.rebuild_table import changed_definition, rebuild_table
from coccinelle_assets.live.new_ids import id_of_first_record
from coccinelle_assets.live.receipts import last_promotion
from coccinelle_assets.live.sqlite.definitions import named_indexes
from coccinelle_assets.live.sqlite.original_schema import describe_schema
from coccinelle_assets.live.sqlite.schema import Schema, read_schema, require_sources
from coccinelle_assets.live.sqlite.transaction import (
    run,
    run_script,
    transaction,
)
from coccinelle_assets.live.sqlite.watchers import triggers_away, watchers_resting
from coccinelle_assets.live.statistics.count import correct_statistics, write_link_statistics
from coccinelle_assets.live.statistics.triggers import trigger_definitions
from coccinelle_assets.predicates.predicate import LINK_PREDICATES, Finding, Predicate, evaluate
from coccinelle_assets.settings import GateThresholds
from coccinelle_assets.sql import load_sql, quoted
from coccinelle_assets.tables import CHANGED_TABLES, DETAILS, LINKED_TABLES, Column

STRICT_LINK = "customer_id TEXT NOT NULL REFERENCES customers (id)"
_FOLDER = "live/contraction/predicates"
ROWS_LINKED = Predicate(
    "contract_rows_linked",
    "Every appointment and conversation has a customer.",
    tuple(LINKED_TABLES),
    folder=_FOLDER,
)
CONTRACT_PREDICATES = (
    ROWS_LINKED,
    LINK_PREDICATES[0],
    Predicate(
        "contract_triggers_in_place",
        "The triggers of the statistics are in place.",
        ("expected_triggers", "sqlite_master"),
        folder=_FOLDER,
    ),
    Predicate(
        "contract_promotion_stands", "A promotion stands.", ("customer_promotions",), folder=_FOLDER
    ),
)


@dataclass(frozen=True, slots=True)
class Contraction:
    """What a contraction did: rows by table, indexes that went with their columns, the archive."""

    rows: dict[str, int]
    anonymous_customers: int
    dropped_indexes: list[str]
    archive: Path


def evaluate_contract(live: sqlite3.Connection, schema: Schema) -> list[Finding]:
    """The findings of the contract's own predicates; nothing is written to the database."""
    live.execute("DROP TABLE IF EXISTS temp.link_statistics")
    write_link_statistics(live, schema)
    live.execute("CREATE TEMP TABLE IF NOT EXISTS expected_triggers (name TEXT, sql TEXT)")
    live.execute("DELETE FROM expected_triggers")
    live.executemany(
        "INSERT INTO expected_triggers VALUES (?, ?)", trigger_definitions(schema).items()
    )
    return evaluate(live.execute, CONTRACT_PREDICATES, GateThresholds(), schema.tables)


def is_let_pass(finding: Finding, *, anonymous: bool) -> bool:
    """Whether a finding lets the contraction go on; rows without a customer may get one of it."""
    return finding.holds or (anonymous and finding.predicate == ROWS_LINKED)


def require_contractable(live: sqlite3.Connection, database: str) -> Schema:
    """The schema of a database that was promoted and not contracted yet.

    Raises CoccinelleError otherwise.
    """
    schema = read_schema(live)
    require_sources(schema, database)
    if last_promotion(live) is None:
        raise CoccinelleError(
            f"{database} has no promoted customers: run `coccinelle migrate {database}` first"
        )
    if not any(schema.deployed(table, Column(name)) for table in LINKED_TABLES for name in DETAILS):
        raise CoccinelleError(f"{database} is contracted already: there is nothing left to drop")
    return schema


def contract(
    live: sqlite3.Connection, database: str, archives: Path, *, anonymous: bool = False
) -> Contraction:
    """Drop the details from the linked tables and make their links strict, in one transaction.

    With `anonymous`, each row without a customer gets one of its own; without, such rows refuse
    the contraction. The archive of the details is on the disk before the commit.
    Raises PromotionRefusedError when a predicate does not hold.
    """
    require_contractable(live, database)
    archives.mkdir(parents=True, exist_ok=True)
    contract_id = stamp()
    archive = archives / f"{contract_id}.sqlite"
    try:
        with transaction(live):
            return _contract(live, database, contract_id, archive, anonymous=anonymous)
    except BaseException:
        archive.unlink(missing_ok=True)
        raise


def _contract(
    live: sqlite3.Connection, database: str, contract_id: str, archive: Path, *, anonymous: bool
) -> Contraction:
    schema = require_contractable(live, database)
    rows = _archive_details(live, schema, archive)
    made = _give_anonymous_customers(live, schema) if anonymous else 0
    failures = {
        finding.predicate.name: finding.offenders
        for finding in evaluate_contract(live, schema)
        if not finding.holds
    }
    if failures:
        raise PromotionRefusedError(failures, "contraction")
    before = describe_schema(live, schema)
    # With every trigger in place: SQLite says which of them a column's leaving would break.
    changes = {
        table: changed_definition(live, table, _deployed_details(schema, table), STRICT_LINK)
        for table in LINKED_TABLES
    }
    with triggers_away(live, LINKED_TABLES):
        for table, (definition, lost) in changes.items():
            _contract_table(live, table, definition, lost)
    dropped = [name for _, lost in changes.values() for name in lost]
    run(live, "live/contraction/sql/contracts_table.sql")
    counts = {"rows": rows, "anonymous_customers": made, "dropped_indexes": dropped}
    live.execute(
        "INSERT INTO customer_contracts"
        " (contract_id, archive, schema_before, schema_after, last_promotion, counts)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            contract_id,
            archive.name,
            before.as_json(),
            describe_schema(live, read_schema(live)).as_json(),
            last_promotion(live),
            json.dumps(counts),
        ),
    )
    return Contraction(rows, made, dropped, archive)


def _give_anonymous_customers(live: sqlite3.Connection, schema: Schema) -> int:
    add_anonymous_id(live)
    made = 0
    with watchers_resting(live, CHANGED_TABLES):
        for table in LINKED_TABLES:
            made += run_script(
                live,
                "live/contraction/sql/anonymous_customers.sql",
                table=table,
                record_id=schema.record_id(table),
            )[0]
        correct_statistics(live, schema)
    return made


def add_anonymous_id(live: sqlite3.Connection) -> None:
    """Give .sql files the function anonymous_id(tenant, table, id)."""
    live.create_function(
        "anonymous_id",
        3,
        lambda tenant, table, record: id_of_first_record(str(tenant), table, str(record)),
        deterministic=True,
    )


def _archive_details(live: sqlite3.Connection, schema: Schema, archive: Path) -> dict[str, int]:
    """Copy the details of every row to a file; returns the number of rows by table.

    To be called first in the transaction: nobody else writes, and what a second connection reads
    is what is there, with every value's own type.
    """
    database = live.execute("PRAGMA database_list").fetchone()[2]
    rows = {}
    with closing(sqlite3.connect(archive, isolation_level=None, uri=True)) as file:
        file.execute("ATTACH ? AS live", (f"{Path(database).as_uri()}?mode=ro",))
        file.execute("BEGIN")
        for table in LINKED_TABLES:
            names = [schema.deployed(table, Column(name)) for name in DETAILS]
            columns = ", ".join(quoted(name) if name else "NULL" for name in names)
            file.execute(load_sql("live/contraction/sql/archived_details.sql", table=table))
            selected = f"{schema.record_id(table)}, tenant_id, customer_id, {columns}"
            rows[table] = file.execute(
                f"INSERT INTO main.{table} SELECT {selected} FROM live.{table} ORDER BY 1"
            ).rowcount
        file.execute("COMMIT")
    settle(archive)
    return rows


def _deployed_details(schema: Schema, table: str) -> list[str]:
    return [name for detail in DETAILS if (name := schema.deployed(table, Column(detail)))]


def _contract_table(
    live: sqlite3.Connection, table: str, definition: str, lost: Sequence[str]
) -> None:
    """Rebuild one table with all its indexes but the `lost` ones."""
    indexes = named_indexes(live, table)
    rebuild_table(live, table, definition)
    for name, statement in indexes.items():
        if name not in lost:
            live.execute(statement)
