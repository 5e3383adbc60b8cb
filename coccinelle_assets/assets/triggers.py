"""live/statistics_triggers: what keeps the customers' statistics true between promotions."""

import dagster as dg

from coccinelle_assets.assets.layer import spec
from coccinelle_assets.live.statistics.triggers import TRIGGERS, install_triggers
from coccinelle_assets.resources.failures import MIGRATION_POOL, clear_failures
from coccinelle_assets.resources.live_database import LiveDatabase

STATISTICS_TRIGGERS = spec(
    "live",
    "statistics_triggers",
    "Triggers on appointments and conversations that keep the customers' statistics true while "
    "the application writes. Nothing installs them by itself.",
    "name: of the trigger",
    deps=("live/customers",),
    kinds=("sqlite",),
)


@dg.multi_asset(specs=[STATISTICS_TRIGGERS], name="statistics_triggers", pool=MIGRATION_POOL)
def statistics_triggers(live_database: LiveDatabase) -> dg.MaterializeResult:
    """Create the triggers, replace those that differ, correct what drifted before."""
    with clear_failures():
        change = live_database.change(
            "triggers", lambda live: install_triggers(live, live_database.path)
        )
    done = change.result
    return dg.MaterializeResult(
        asset_key=STATISTICS_TRIGGERS.key,
        metadata={
            "dagster/row_count": len(TRIGGERS),
            "created": done.created,
            "replaced": done.replaced,
            "present": done.present,
            "statistics_corrected": done.statistics_corrected,
            **change.notes,
        },
    )
