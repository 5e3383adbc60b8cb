"""live/contracted_tables: the linked tables without the details that customers hold now."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
from pydantic import Field

from coccinelle_assets.assets.layer import spec
from coccinelle_assets.live.contraction.contract import Contraction, contract
from coccinelle_assets.resources.failures import MIGRATION_POOL, clear_failures
from coccinelle_assets.resources.live_database import LiveDatabase

CONTRACTED = spec(
    "live",
    "contracted_tables",
    "The contract half of expand/contract: customer_name, customer_email and customer_phone leave "
    "appointments and conversations, customer_id becomes NOT NULL with a foreign key. Nothing "
    "schedules it; a rollback undoes it.",
    "name: of the table",
    deps=("live/statistics_triggers",),
    kinds=("sqlite",),
    skippable=True,
)


class ContractConfig(dg.Config):
    """How to contract."""

    confirmed: bool = Field(
        default=False,
        description="Really drop the columns. Without, nothing happens: whoever materializes "
        "everything does not mean this.",
    )
    anonymous: bool = Field(
        default=False,
        description="Give each row without any identity an anonymous customer of its own. "
        "Without, such rows refuse the contraction.",
    )


@dg.multi_asset(specs=[CONTRACTED], name="contracted_tables", pool=MIGRATION_POOL)
def contracted_tables(
    context: dg.AssetExecutionContext, config: ContractConfig, live_database: LiveDatabase
) -> Iterator[dg.MaterializeResult]:
    """Back up, archive the details, rebuild both tables, all of it or nothing."""
    if not config.confirmed:
        context.log.info("Skipped: a contraction has to be confirmed in its configuration.")
        return

    def work(live: sqlite3.Connection) -> tuple[Path, Contraction]:
        backup = live_database.back_up(live, f"contract-{context.run.run_id[:8]}")
        archives = live_database.archive_directory
        return backup, contract(live, live_database.path, archives, anonymous=config.anonymous)

    with clear_failures():
        change = live_database.change("contraction", work)
    backup, done = change.result
    yield dg.MaterializeResult(
        asset_key=CONTRACTED.key,
        metadata={
            **{f"{table}_rows": rows for table, rows in done.rows.items()},
            "anonymous_customers": done.anonymous_customers,
            "dropped_indexes": done.dropped_indexes,
            "archive": dg.MetadataValue.path(done.archive),
            "backup": dg.MetadataValue.path(backup),
            **change.notes,
        },
    )
