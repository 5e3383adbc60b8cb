"""What a promotion derived, kept in the warehouse: the next run tells edits from it.

Rows of a run that is not the last one in the live database's receipts count for nothing, so that
a crash between the two databases does no harm.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from concurrent.futures import Future

from duckdb import DuckDBPyConnection

from coccinelle_assets.background import Submit
from coccinelle_assets.live.deferred import Deferred
from coccinelle_assets.live.promotion.publish import Publication
from coccinelle_assets.live.promotion.run import Hooks
from coccinelle_assets.live.receipts import last_promotion
from coccinelle_assets.sql import load_sql
from coccinelle_assets.warehouse.fingerprint import remember_state
from coccinelle_assets.warehouse.tables import write_texts

# Tables of the schema live that hold what a promotion wrote, by run and tenant.
REMEMBERED = (
    "customers",
    "links",
    "shared_identifiers",
    "application_identifiers",
    "inherited_identifiers",
)


class Remembering(Hooks):
    """A promotion that the warehouse remembers: what it derives, and the state that it leaves.

    `settings` are those that it was resolved by, as one text.
    """

    def __init__(self, connection: DuckDBPyConnection, run_id: str, settings: str) -> None:
        self.connection = connection
        self.run_id = run_id
        self.settings = settings
        self._remembered: Future[None] | None = None

    def beside(self, live: sqlite3.Connection, submit: Submit) -> None:
        """Remember while the transaction writes."""
        last = last_promotion(live)
        self._remembered = submit(lambda: self._remember(last))

    def _remember(self, last_run_id: str | None) -> None:
        remember_baseline(self.connection, self.run_id, last_run_id)
        remember_state(self.connection, self.run_id, self.settings)

    def before_commit(self, publication: Publication) -> None:
        """No promotion is committed that the warehouse does not remember."""
        if self._remembered is not None:
            self._remembered.result()
        if publication.deferred:
            forget_deferred(self.connection, self.run_id, publication.deferred)

    def deferred_afterwards(self, deferred: Sequence[Deferred]) -> None:
        """What was left is forgotten again."""
        forget_deferred(self.connection, self.run_id, deferred)


def remember_baseline(connection: DuckDBPyConnection, run_id: str, last_run_id: str | None) -> None:
    """Write the REMEMBERED tables for a run that is about to publish.

    Rows of other runs than the last promoted one are removed. A wave takes the rows of all other
    tenants over from the last promoted one.
    """
    values = {"run_id": run_id, "last_run_id": last_run_id}
    scripts = [
        *(load_sql("warehouse/sql/forget_older_runs.sql", table=table) for table in REMEMBERED),
        load_sql("warehouse/sql/remember_baseline.sql"),
        *(load_sql("warehouse/sql/keep_other_tenants.sql", table=table) for table in REMEMBERED),
    ]
    _run(connection, scripts, values)


def forget_deferred(
    connection: DuckDBPyConnection, run_id: str, deferred: Sequence[Deferred]
) -> None:
    """Put rows that a promotion deferred back to what the one before wrote of them."""
    rows = [(row.source_table, row.record_id) for row in deferred]
    write_texts(connection, "deferred_rows", ("source_table", "source_id"), rows)
    _run(connection, [load_sql("warehouse/sql/forget_deferred.sql")], {"run_id": run_id})


def _run(
    connection: DuckDBPyConnection, scripts: Sequence[str], values: Mapping[str, object]
) -> None:
    connection.execute("BEGIN")
    for statement in connection.extract_statements("\n".join(scripts)):
        used = {name: values[name] for name in statement.named_parameters}
        connection.execute(statement.query, used)
    connection.execute("COMMIT")
