"""live/customers: the promotion, the only asset that writes to the live database."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from pydantic import Field

from coccinelle_assets.assets.layer import MIGRATION_POOL, clear_failures, spec
from coccinelle_assets.assets.run_report import report_metadata
from coccinelle_assets.checks.gates import require_gates
from coccinelle_assets.live.connect import open_live
from coccinelle_assets.live.fingerprint import remember_state
from coccinelle_assets.live.plan import write_plan
from coccinelle_assets.live.promoted import (
    forget_deferred,
    remember_promotion,
)
from coccinelle_assets.live.publish import Publication, deferred_reasons, publish
from coccinelle_assets.live.receipts import last_promotion
from coccinelle_assets.live.summary import WRITTEN
from coccinelle_assets.live.warehouse_sources import wave_tenants
from coccinelle_assets.resources.live_database import LiveDatabase
from coccinelle_assets.resources.rules import (
    GateThresholdsResource,
    IdentityRulesResource,
    rules_text,
)
from coccinelle_assets.resources.warehouse import Warehouse

PROMOTED = spec(
    "live",
    "customers",
    "The promotion: customers, links and statistics written to the live database in one "
    "transaction, audited by the same predicates as the checks before it is committed.",
    """run_id: of the promotion
    id: of the customer
    tenant_id
    first_name: as derived, before the application's edits
    last_name
    email
    phone
    status
    source
    preferred_contact_method
    language
    timezone""",
    deps=("ssot/customers", "ssot/appointment_links", "ssot/conversation_links"),
    kinds=("sqlite",),
    skippable=True,
)
SAMPLE_DEFERRED = 20


class PromotionConfig(dg.Config):
    """How to promote."""

    dry_run: bool = Field(
        default=False,
        description="Promote to a copy that is thrown away, and report what would change.",
    )


@dg.multi_asset(specs=[PROMOTED], name="promotion", pool=MIGRATION_POOL)
def promotion(
    context: dg.AssetExecutionContext,
    config: PromotionConfig,
    warehouse: Warehouse,
    live_database: LiveDatabase,
    identity_rules: IdentityRulesResource,
    gate_thresholds: GateThresholdsResource,
) -> Iterator[dg.MaterializeResult]:
    """Publish the plan; a dry run publishes it to a copy and leaves an observation only."""
    with clear_failures():
        require_gates(context, warehouse, gate_thresholds)
        with warehouse.connect() as connection:
            planned = write_plan(connection, live_database.plan_path, context.run.run_id)
            tenants = wave_tenants(connection)
        settings = rules_text(identity_rules, gate_thresholds, tenants)
        if config.dry_run:
            with _rehearsal(live_database) as rehearsal:
                result = publish(
                    rehearsal,
                    live_database.plan_path,
                    context.run.run_id,
                    gate_thresholds,
                    tenants=tenants,
                )
            report = report_metadata(context, warehouse, live_database, result, dry_run=True)
            context.log_event(
                dg.AssetObservation(PROMOTED.key, metadata=_metadata(result) | report)
            )
            return
        if planned.is_empty and _is_promoted(live_database):
            context.log.info("The live database holds all of it already: nothing to write.")
            with warehouse.connect() as connection, live_database.open() as live:
                remember_state(connection, last_promotion(live), settings)
            live_database.remember_promoted(settings, wrote=False)
            unchanged = _nothing_published(live_database)
            yield dg.MaterializeResult(asset_key=PROMOTED.key, metadata=_metadata(unchanged))
            return
        result, backup = _promote(
            context.run.run_id, warehouse, live_database, gate_thresholds, tenants
        )
        if not result.deferred:
            with warehouse.connect() as connection:
                remember_state(connection, context.run.run_id, settings)
            live_database.remember_promoted(settings, wrote=True)
        report = report_metadata(context, warehouse, live_database, result)
        yield dg.MaterializeResult(
            asset_key=PROMOTED.key, metadata=_metadata(result, backup) | report
        )


@contextmanager
def _rehearsal(live_database: LiveDatabase) -> Iterator[sqlite3.Connection]:
    """A copy of the live database that is open for writing, and thrown away."""
    copy = live_database.rehearsal_path
    live_database.take_snapshot(copy)
    try:
        with open_live(copy, live_database.busy_timeout_seconds, writable=True) as rehearsal:
            yield rehearsal
    finally:
        copy.unlink()


def _is_promoted(live_database: LiveDatabase) -> bool:
    with live_database.open() as live:
        return last_promotion(live) is not None


def _nothing_published(live_database: LiveDatabase) -> Publication:
    """The counts of a run that wrote nothing: the plots of the UI go on without a gap."""
    with live_database.open() as live:
        customers = live.execute("SELECT count(*) FROM customers").fetchone()[0]
    unwritten = dict.fromkeys((*WRITTEN, "statistics_updated", "rows_written"), 0)
    return Publication(counts=unwritten | {"customers": customers})


def _promote(
    run_id: str,
    warehouse: Warehouse,
    live_database: LiveDatabase,
    thresholds: GateThresholdsResource,
    tenants: list[str],
) -> tuple[Publication, Path]:
    with live_database.open(writable=True) as live, warehouse.connect() as connection:
        backup = live_database.back_up(live, run_id[:8])
        remember_promotion(connection, run_id, last_promotion(live), tenants)

        def before_commit(publication: Publication) -> None:
            if publication.deferred:
                forget_deferred(connection, run_id, publication.deferred)

        plan = live_database.plan_path
        return publish(live, plan, run_id, thresholds, before_commit, tenants), backup


def _metadata(result: Publication, backup: Path | None = None) -> dict[str, object]:
    metadata: dict[str, object] = dict(result.counts)
    metadata["dagster/row_count"] = result.counts["customers"]
    if backup is not None:
        metadata["backup"] = dg.MetadataValue.path(backup)
    if result.deferred:
        metadata["deferred_reasons"] = dg.MetadataValue.json(deferred_reasons(result.deferred))
        metadata["deferred_sample"] = dg.MetadataValue.table(
            [
                dg.TableRecord({"table": d.source_table, "id": d.record_id, "reason": d.reason})
                for d in result.deferred[:SAMPLE_DEFERRED]
            ]
        )
    return metadata
