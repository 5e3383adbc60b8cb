"""What a promotion derived, kept in the warehouse: the next run tells edits from it.

Rows of a run that is not the last one in the live database's receipts count for nothing, so that
a crash between the two databases does no harm.
"""

from __future__ import annotations

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from coccinelle_assets.live.deferred import Deferred
from coccinelle_assets.sql import load_sql, statements
from coccinelle_assets.warehouse.tables import write_texts

# Tables of the schema live that hold what a promotion wrote, by run and tenant.
REMEMBERED = (
    "customers",
    "links",
    "shared_identifiers",
    "application_identifiers",
    "inherited_identifiers",
)


def remember_promotion(
    connection: DuckDBPyConnection, run_id: str, last_run_id: str | None
) -> None:
    """Write the REMEMBERED tables for a run that is about to publish.

    Rows of other runs than the last promoted one are removed. A wave takes the rows of all other
    tenants over from the last promoted one.
    """
    values = {"run_id": run_id, "last_run_id": last_run_id}
    scripts = [
        *(load_sql("warehouse/sql/forget_older_runs.sql", table=table) for table in REMEMBERED),
        load_sql("warehouse/sql/remember_promotion.sql"),
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


def _run(connection: DuckDBPyConnection, scripts: Sequence[str], values: dict[str, object]) -> None:
    connection.execute("BEGIN")
    for statement in (statement for script in scripts for statement in statements(script)):
        used = {name: value for name, value in values.items() if f"${name}" in statement}
        connection.execute(statement, used)
    connection.execute("COMMIT")
