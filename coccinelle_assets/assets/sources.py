"""source/*: the live tables as they were at one instant, as text, untouched."""

import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from coccinelle_assets.assets.layer import materialized, spec
from coccinelle_assets.live.preflight.preflight import require_fit
from coccinelle_assets.live.sqlite.schema import read_schema
from coccinelle_assets.live.sqlite.snapshot import Repair, repair_snapshot
from coccinelle_assets.location import as_seen_from
from coccinelle_assets.resources.failures import MIGRATION_POOL, clear_failures
from coccinelle_assets.resources.live_database import LiveDatabase
from coccinelle_assets.resources.rules import (
    GateThresholdsResource,
    IdentityRulesResource,
    identity_text,
    rules_text,
)
from coccinelle_assets.resources.warehouse import Warehouse
from coccinelle_assets.warehouse.fingerprint import snapshot_versions, unchanged_since
from coccinelle_assets.warehouse.foreign_links import require_own_links
from coccinelle_assets.warehouse.load_sources import UnreadableTextError, load_sources
from coccinelle_assets.warehouse.owner import Owner, write_owner
from coccinelle_assets.warehouse.room import require_room

SOURCES = (
    spec(
        "source",
        "prospects",
        "Prospects of the application, as they were written.",
        """id: with the tenant before it where tenants may use one id
        tenant_id\nfirst_name\nlast_name\nemail\nphone\nstatus\nsource
        created_at\nupdated_at\nprospect_id: its id as other records name it""",
        kinds=("sqlite",),
        skippable=True,
    ),
    spec(
        "source",
        "appointments",
        "Appointments of the application, with the customer's details as they were taken down.",
        """id\ntenant_id\nprospect_id\ncustomer_id: the link, where there is one already
        created_at\nupdated_at\ncustomer_name\ncustomer_email\ncustomer_phone
        appointment_date: or scheduled_at, by deployment
        live_rowid BIGINT: where the row lies; NULL in a table WITHOUT ROWID""",
        kinds=("sqlite",),
        skippable=True,
    ),
    spec(
        "source",
        "omni_conversations",
        "Conversations of the inbox and the voice agent, with the customer's details.",
        """id\ntenant_id\nprospect_id\ncustomer_id: the link, where there is one already
        current_channel\ncreated_at\nupdated_at\ncustomer_name\ncustomer_email\ncustomer_phone
        first_message_at\nlast_message_at
        live_rowid BIGINT: where the row lies; NULL in a table WITHOUT ROWID""",
        kinds=("sqlite",),
        skippable=True,
    ),
    spec(
        "source",
        "customers",
        "The live customers, once there are any: they keep their ids and their edits.",
        """id\ntenant_id\nfirst_name\nlast_name\nemail\nphone\nstatus\nsource\ntags
        preferred_contact_method\nlanguage\ntimezone\ntotal_appointments\ntotal_conversations
        last_contact_at\ncreated_at\nupdated_at""",
        kinds=("sqlite",),
        skippable=True,
    ),
    spec(
        "source",
        "business_identifiers",
        "E-mails and phones of the tenants, users and agents: they identify no customer.",
        "tenant_id\nsource_table\nkind: email or phone\nvalue: as it was written",
        kinds=("sqlite",),
        skippable=True,
    ),
)


# Each part of the state that a source asset stands for.
PARTS = {
    "prospects": ("prospects",),
    "appointments": ("appointments", "appointment_links"),
    "omni_conversations": ("omni_conversations", "conversation_links"),
    "customers": ("customers",),
    "business_identifiers": ("business_identifiers",),
}


# Dagster says of each check behind a skipped step that what follows "will proceed without gating":
# it is skipped too, and the message would only alarm.
_PLAN_LOGGER = logging.getLogger("dagster._core.execution.plan.active")


def _not_about_gates(record: logging.LogRecord) -> bool:
    return "emitted no result" not in record.getMessage()


class SnapshotConfig(dg.Config):
    """What to read."""

    tenants: list[str] = Field(
        default_factory=list,
        description="Only these tenants: a wave of the migration. All of them when empty.",
    )
    even_if_unchanged: bool = Field(
        default=False,
        description="Run every step also when nothing changed since the last promotion.",
    )


@dg.multi_asset(specs=SOURCES, name="snapshot", pool=MIGRATION_POOL)
def sources(
    context: dg.AssetExecutionContext,
    config: SnapshotConfig,
    warehouse: Warehouse,
    live_database: LiveDatabase,
    identity_rules: IdentityRulesResource,
    gate_thresholds: GateThresholdsResource,
) -> Iterator[dg.MaterializeResult]:
    """Copy the live database in one read, then read the copy.

    When the copy is what the last promotion left, the run ends here: nothing is materialized, and
    every step after this one is skipped.
    """
    _PLAN_LOGGER.removeFilter(_not_about_gates)
    with clear_failures():
        file = live_database.database.file
        if file is not None:
            require_room(file, Path(live_database.home), warehouse.memory_limit_mb)
        live_database.take_snapshot()
        with sqlite3.connect(live_database.snapshot_path) as snapshot:
            schema = read_schema(snapshot)
            require_fit(snapshot, schema, live_database.path)
        snapshot.close()
        repairs: list[Repair] = []
        with warehouse.connect() as connection:
            try:
                load_sources(connection, live_database.snapshot_path, schema, config.tenants)
            except UnreadableTextError:
                repairs = repair_snapshot(live_database.snapshot_path, schema)
                context.log.warning(
                    f"{len(repairs)} values are not UTF-8 text and identify nobody: "
                    + ", ".join(f"{r.table}.{r.column} of {r.record_id}" for r in repairs[:10])
                )
                load_sources(connection, live_database.snapshot_path, schema, config.tenants)
            require_own_links(connection)
            owner = Owner(
                as_seen_from(Path(live_database.home), live_database.path),
                context.run.run_id,
                identity_text(identity_rules),
            )
            write_owner(connection, owner)
            versions = snapshot_versions(connection)
            settings = rules_text(identity_rules, gate_thresholds, config.tenants)
            run_id = unchanged_since(connection, versions, settings)
            if run_id and not config.even_if_unchanged:
                context.log.info(f"Skipped: nothing changed since the promotion of run {run_id}.")
                live_database.remember_clean(settings, wrote=False)
                metadata: dict[str, Any] = {
                    "unchanged_since": run_id,
                    "rows_written": 0,
                    "deferred": 0,
                }
                context.log_event(dg.AssetObservation(["live", "customers"], metadata=metadata))
                _PLAN_LOGGER.addFilter(_not_about_gates)
                return
            for source in SOURCES:
                table = source.key.path[-1]
                yield materialized(
                    connection,
                    f"source/{table}",
                    data_version="/".join(versions[part] for part in PARTS[table]),
                    metadata={
                        "unreadable_values": sum(repair.table == table for repair in repairs),
                        "database": Path(live_database.path).name,
                    },
                )
