"""The job that undoes promotions. It is no asset: it makes nothing, it takes back."""

import dagster as dg
from pydantic import Field

from coccinelle_assets.assets.layer import MIGRATION_POOL, clear_failures
from coccinelle_assets.live.rollback import require_rollback, roll_back, roll_back_last
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
    with clear_failures(), live_database.open(writable=True) as live:
        require_rollback(live, live_database.path, to_previous=config.to_previous)
        backup = live_database.back_up(live, f"rollback-{context.run_id[:8]}")
        done = undo(live, live_database.path, live_database.archive_directory)
    left = [
        dg.TableRecord({"table": row.table, "id": row.record_id, "reason": row.reason})
        for row in done.left[:SAMPLE_LEFT]
    ]
    metadata: dict[str, object] = {
        "undone": done.undone,
        **done.counts,
        "left": len(done.left),
        "backup": dg.MetadataValue.path(backup),
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
