"""The pipeline without Dagster: the same functions in the same order, a warehouse in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

from coccinelle_assets.live.preflight.preflight import require_fit
from coccinelle_assets.live.promotion.publish import Publication
from coccinelle_assets.live.promotion.run import Promotion, promote_to
from coccinelle_assets.live.sqlite.backups import back_up
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets.live.sqlite.file_state import FileState, read_file_state
from coccinelle_assets.live.sqlite.schema import read_schema
from coccinelle_assets.live.sqlite.snapshot import repair_snapshot, take_snapshot
from coccinelle_assets.location import as_seen_from
from coccinelle_assets.resolution.contacts import build_contacts
from coccinelle_assets.resolution.customers import build_customers
from coccinelle_assets.resolution.identity import build_clusters, build_identifiers
from coccinelle_assets.resolution.linkage import build_links
from coccinelle_assets.resources.rules import identity_text
from coccinelle_assets.settings import load_settings
from coccinelle_assets.warehouse.baseline import Remembering
from coccinelle_assets.warehouse.foreign_links import require_own_links
from coccinelle_assets.warehouse.load_sources import UnreadableTextError, load_sources, wave_tenants
from coccinelle_assets.warehouse.owner import Owner, write_owner
from coccinelle_assets.warehouse.preview import write_gate_statistics, write_link_views
from coccinelle_assets.warehouse.write_plan import PlanCounts, write_plan


class _PipelineHooks(Remembering):
    """What the promotion asset remembers, and a hook of the test."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        run_id: str,
        before_commit: Callable[[Publication], None],
        planned_at: int | None,
    ) -> None:
        super().__init__(connection, run_id, settings="")
        self.test_before_commit = before_commit
        self.planned_at = planned_at

    def before(self, live: sqlite3.Connection) -> int | None:
        return self.planned_at

    def before_commit(self, publication: Publication) -> None:
        super().before_commit(publication)
        self.test_before_commit(publication)


class Pipeline:
    """Snapshot, resolve, plan and publish one database; each step can be had on its own."""

    def __init__(self, database: Path, warehouse: str = ":memory:", **overrides: object) -> None:
        self.database = database
        self.settings = load_settings(database=database, **overrides)
        self.home = self.settings.home_directory
        self.home.mkdir(parents=True, exist_ok=True)
        self.plan_path = self.home / "plan.sqlite"
        self.warehouse = duckdb.connect(warehouse)
        self.warehouse.execute("SET threads = 1")
        self.runs = 0
        self.seen: FileState | None = None

    @property
    def run_id(self) -> str:
        return f"run-{self.runs:04d}"

    def load(self, tenants: Sequence[str] = ()) -> None:
        """The sources, from a fresh snapshot."""
        snapshot = self.home / "snapshot.sqlite"
        self.seen = read_file_state(self.database)
        take_snapshot(self.database, snapshot, self.settings.busy_timeout_seconds)
        connection = sqlite3.connect(snapshot)
        schema = read_schema(connection)
        require_fit(connection, schema, str(self.database))
        connection.close()
        try:
            load_sources(self.warehouse, snapshot, schema, tenants)
        except UnreadableTextError:
            repair_snapshot(snapshot, schema)
            load_sources(self.warehouse, snapshot, schema, tenants)
        require_own_links(self.warehouse)
        database = as_seen_from(self.home, str(self.database))
        write_owner(self.warehouse, Owner(database, self.run_id, identity_text(self.settings)))

    def resolve(self, tenants: Sequence[str] = ()) -> None:
        """Everything up to the links, from a fresh snapshot."""
        self.load(tenants)
        build_contacts(self.warehouse, self.settings)
        build_identifiers(self.warehouse, self.settings)
        build_clusters(self.warehouse, self.settings)
        build_customers(self.warehouse)
        build_links(self.warehouse)

    def plan(self, tenants: Sequence[str] = ()) -> PlanCounts:
        """Resolve, and write the plan of the next run."""
        self.resolve(tenants)
        write_link_views(self.warehouse)
        write_gate_statistics(self.warehouse)
        self.runs += 1
        return write_plan(self.warehouse, self.plan_path, self.run_id)

    def publish(
        self, before_commit: Callable[[Publication], None] = lambda publication: None
    ) -> Publication:
        """Publish the plan that is there, remembered as the promotion asset remembers it."""
        timeout = self.settings.busy_timeout_seconds
        with open_live(self.database, timeout, writable=True) as live:
            back_up(live, self.home / "backups", self.run_id, self.settings.backups_kept)
            version = live.execute("PRAGMA data_version").fetchone()[0]
            unchanged = read_file_state(self.database) == self.seen
            return self.publish_to(live, before_commit, version if unchanged else None)

    def publish_to(
        self,
        live: sqlite3.Connection,
        before_commit: Callable[[Publication], None] = lambda publication: None,
        planned_at: int | None = None,
    ) -> Publication:
        """The same on any connection to what the database holds, without a backup."""
        hooks = _PipelineHooks(self.warehouse, self.run_id, before_commit, planned_at)
        return promote_to(live, self.promotion(), hooks)

    def promotion(self) -> Promotion:
        """The promotion of the plan that is there."""
        tenants = wave_tenants(self.warehouse)
        return Promotion(self.plan_path, self.run_id, self.settings, tenants)

    def run(self, tenants: Sequence[str] = ()) -> Publication:
        """One whole run, of all tenants or of a wave."""
        self.plan(tenants)
        return self.publish()
