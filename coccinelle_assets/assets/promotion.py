"""live/customers: the promotion, the only asset that writes to the live database."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from pydantic import Field

from coccinelle_assets.assets.layer import spec
from coccinelle_assets.assets.run_report import RunReport
from coccinelle_assets.background import Submit, beside, one_core_each
from coccinelle_assets.checks.gates import require_gates, steps_of
from coccinelle_assets.live.database import Database, SqliteDatabase
from coccinelle_assets.live.deferred import deferred_reasons
from coccinelle_assets.live.promotion.dry_run import dry_run
from coccinelle_assets.live.promotion.publish import Publication
from coccinelle_assets.live.promotion.run import Promotion, promote, promote_to
from coccinelle_assets.live.receipts import last_promotion
from coccinelle_assets.outputs import require_output
from coccinelle_assets.resources.failures import MIGRATION_POOL, clear_failures
from coccinelle_assets.resources.live_database import LiveDatabase
from coccinelle_assets.resources.rules import (
    GateThresholdsResource,
    IdentityRulesResource,
    identity_text,
    rules_text,
)
from coccinelle_assets.resources.warehouse import Warehouse
from coccinelle_assets.warehouse.baseline import Remembering, remember_baseline
from coccinelle_assets.warehouse.fingerprint import remember_state
from coccinelle_assets.warehouse.load_sources import last_promotion_seen, wave_tenants
from coccinelle_assets.warehouse.owner import read_owner, require_same_run
from coccinelle_assets.warehouse.write_plan import write_plan

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
    sql: str | None = Field(
        default=None,
        description="With dry_run: a file to write the promotion to, as SQL to be applied by hand.",
    )
    force: bool = Field(default=False, description="Write `sql` over a file that is there.")


@dg.multi_asset(specs=[PROMOTED], name="promotion", pool=MIGRATION_POOL)
def promotion(
    context: dg.AssetExecutionContext,
    config: PromotionConfig,
    warehouse: Warehouse,
    live_database: LiveDatabase,
    identity_rules: IdentityRulesResource,
    gate_thresholds: GateThresholdsResource,
) -> Iterator[dg.MaterializeResult]:
    """Promote the plan; a dry run promotes it to a copy and leaves an observation only."""
    with clear_failures():
        live_database.hold_home()
        with warehouse.connect() as connection:
            loaded = "snapshot" in steps_of(context)
            run_id = context.run.run_id if loaded else None
            require_same_run(read_owner(connection), run_id, identity_text(identity_rules))
        require_gates(context, warehouse, gate_thresholds)
        with warehouse.connect() as connection:
            with beside(live_database.settle_snapshot):
                planned = write_plan(connection, live_database.plan_path, context.run.run_id)
            tenants = wave_tenants(connection)
            last = last_promotion_seen(connection)
        settings = rules_text(identity_rules, gate_thresholds, tenants)
        promotion = Promotion(live_database.plan_path, context.run.run_id, gate_thresholds, tenants)
        report = RunReport(context, live_database)
        if config.dry_run:
            metadata = _try_out(config, promotion, warehouse, live_database, report)
            context.log_event(dg.AssetObservation(PROMOTED.key, metadata=metadata))
            return
        if planned.is_empty and last is not None:
            metadata = _leave_as_it_is(context, warehouse, live_database, last, settings)
        else:
            metadata = _promote(promotion, warehouse, live_database, settings, report)
            _warn_of_long_lock(context, live_database, metadata.get("lock_seconds", 0.0))
        yield dg.MaterializeResult(asset_key=PROMOTED.key, metadata=metadata)


def _promote(
    promotion: Promotion,
    warehouse: Warehouse,
    live_database: LiveDatabase,
    settings: str,
    report: RunReport,
) -> dict[str, Any]:
    """Promote to the live database; what there is to tell of it."""
    live_database.expect_first_promotion(promotion.run_id)
    with warehouse.connect() as connection, _room_beside(connection, warehouse):
        hooks = _RunHooks(connection, settings, report, live_database)
        change = promote(live_database.database, promotion, hooks)
    if not change.result.deferred:
        live_database.remember_clean(settings, wrote=True)
    metadata = _metadata(change.result, hooks.backup) | change.notes
    return metadata | report.keep(change.result) | _lock_metadata(live_database, change.result)


def _leave_as_it_is(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    live_database: LiveDatabase,
    last: str,
    settings: str,
) -> dict[str, Any]:
    """Remember that the promotion `last` left what would be written; what there is to tell."""
    context.log.info("The live database holds all of it already: nothing to write.")
    with warehouse.connect() as connection:
        remember_state(connection, last, settings)
    live_database.remember_clean(settings, wrote=False)
    unchanged = _nothing_published(live_database)
    return _metadata(unchanged) | _lock_metadata(live_database, unchanged)


class _RunHooks(Remembering):
    """A backup before, the warehouse's memory and the report's figures beside the transaction."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        settings: str,
        report: RunReport,
        live_database: LiveDatabase,
    ) -> None:
        super().__init__(connection, report.context.run.run_id, settings)
        self.report = report
        self.live_database = live_database
        self.backup: Path | None = None
        self._counted: Future[None] | None = None

    def before(self, live: sqlite3.Connection) -> int | None:
        planned_at = self.live_database.version_as_snapshot(live)
        self.backup = self.live_database.back_up(live, self.run_id[:8])
        return planned_at

    def beside(self, live: sqlite3.Connection, submit: Submit) -> None:
        super().beside(live, submit)
        self._counted = submit(self._count_and_write)

    def _count_and_write(self) -> None:
        self.report.count(self.connection)
        # Closing the warehouse does it anyway, with nothing left to do beside it; what cannot be
        # written now stays in the warehouse's log.
        with suppress(duckdb.Error):
            self.connection.execute("CHECKPOINT")

    def before_commit(self, publication: Publication) -> None:
        if publication.deferred and self._counted is not None:
            # Both use the warehouse's connection.
            self._counted.result()
        super().before_commit(publication)


def _try_out(
    config: PromotionConfig,
    promotion: Promotion,
    warehouse: Warehouse,
    live_database: LiveDatabase,
    report: RunReport,
) -> dict[str, Any]:
    """Promote to a copy; what a script to be run by hand derives is remembered like any other."""

    def work(copy: sqlite3.Connection) -> Publication:
        if config.sql:
            with warehouse.connect() as connection:
                remember_baseline(connection, promotion.run_id, last_promotion(copy))
        return promote_to(copy, promotion)

    script = Path(config.sql) if config.sql else None
    if script is not None:
        live = live_database.database.file
        require_output(script, live, live_database.home_directory, force=config.force)
    tried = dry_run(
        live_database.database, live_database.dry_run_path, work, script, promotion.plan
    )
    with warehouse.connect() as connection:
        report.count(connection)
    return _metadata(tried) | report.keep(tried, dry_run=True)


def _nothing_published(live_database: LiveDatabase) -> Publication:
    """The counts of a run that wrote nothing: the plots of the UI go on without a gap."""
    # A promotion that is started alone may find that an earlier one made a backup of the snapshot.
    database: Database = live_database.database
    if live_database.snapshot_path.is_file():
        database = SqliteDatabase(live_database.snapshot_path, live_database.busy_timeout_seconds)
    (answer,) = database.ask(database.schema(), "SELECT count(*) FROM customers")
    return Publication(customers=answer.rows[0][0])


def _lock_metadata(live_database: LiveDatabase, result: Publication) -> dict[str, float]:
    """How long other writers waited; nothing of D1, where what is changed here is a copy."""
    return {} if live_database.database.file is None else {"lock_seconds": result.lock_seconds}


def _warn_of_long_lock(
    context: dg.AssetExecutionContext, live_database: LiveDatabase, lock_seconds: float
) -> None:
    most = live_database.max_lock_seconds
    if most is not None and lock_seconds > most:
        context.log.warning(
            f"Other writers waited for {lock_seconds:.1f} s, longer than "
            f"COCCINELLE_MAX_LOCK_SECONDS={most:g}: have the schedule or `coccinelle migrate` "
            "start it, which go by ranges of tenants; one tenant is never divided."
        )


@contextmanager
def _room_beside(connection: duckdb.DuckDBPyConnection, warehouse: Warehouse) -> Iterator[None]:
    """Leave a core and a third of the memory to the transaction, which takes longer anyway."""
    with one_core_each(connection):
        connection.execute(f"SET memory_limit = '{warehouse.memory_limit_mb * 2 // 3}MB'")
        try:
            yield
        finally:
            connection.execute(f"SET memory_limit = '{warehouse.memory_limit_mb}MB'")


def _metadata(result: Publication, backup: Path | None = None) -> dict[str, Any]:
    metadata: dict[str, Any] = dict(result.counts)
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
