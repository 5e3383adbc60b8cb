"""The job that undoes promotions. It is no asset: it makes nothing, it takes back."""

import sqlite3
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from coccinelle_assets.live.rollback.rollback import (
    Rollback,
    require_rollback,
    roll_back,
    roll_back_last,
)
from coccinelle_assets.resources.failures import MIGRATION_POOL, clear_failures
from coccinelle_assets.resources.live_database import LiveDatabase

ROLLBACK = "rollback_customers"
SAMPLE_LEFT = 20


class RollbackConfig(dg.Config):
    """How far to go back."""

    to_previous: bool = Field(
        default=False,
        description="Undo the last promotion alone. Without, everything that was ever promoted.",
    )


@dg.op(
    name="rollback",
    description="Back up, then undo in one transaction.",
    pool=MIGRATION_POOL,
)
def rollback(
    context: dg.OpExecutionContext, config: RollbackConfig, live_database: LiveDatabase
) -> None:
    """Undo promotions; what was undone is observed on live/customers."""
    undo = roll_back_last if config.to_previous else roll_back

    def work(live: sqlite3.Connection) -> tuple[Path, Rollback]:
        require_rollback(live, live_database.path, to_previous=config.to_previous)
        backup = live_database.back_up(live, f"rollback-{context.run_id[:8]}")
        return backup, undo(live, live_database.path, live_database.archive_directory)

    with clear_failures():
        change = live_database.change("rollback", work)
    backup, done = change.result
    rows = [(row.table, row.record_id, row.reason) for row in done.left]
    rows += [(row.source_table, row.record_id, row.reason) for row in change.deferred]
    left = [
        dg.TableRecord({"table": table, "id": record_id, "reason": reason})
        for table, record_id, reason in rows[:SAMPLE_LEFT]
    ]
    metadata: dict[str, Any] = {
        "undone": done.undone,
        **done.counts,
        "left": len(rows),
        "backup": dg.MetadataValue.path(backup),
        **change.notes,
    }
    if left:
        metadata["left_sample"] = dg.MetadataValue.table(left)
    context.log_event(dg.AssetObservation(["live", "customers"], metadata=metadata))


@dg.job(
    name=ROLLBACK,
    description="Give back the database as it was before the promotions, or before the last one. "
    "Rows that the application wrote since stay.",
    executor_def=dg.in_process_executor,
)
def rollback_customers() -> None:
    """One step: it is one transaction."""
    rollback()
