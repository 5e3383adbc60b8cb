"""What a report shows, in numbers: counted in the warehouse, whatever the run then writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from coccinelle_assets.sql import load_sql, one_row
from coccinelle_assets.warehouse.summary import Summary, summarize

# Tenants that get a row of their own; the others are summed in one.
TOP_TENANTS = 20


@dataclass(frozen=True, slots=True)
class ReportedRun:
    """The run that is reported; `counts` are the rows that it wrote, by kind."""

    run_id: str
    database: str
    dry_run: bool
    counts: Mapping[str, int]


def reported_run(
    run_id: str, database: str | Path, dry_run: bool, counts: Mapping[str, object]
) -> ReportedRun:
    """The run of a database; of `counts` those that are whole numbers are reported."""
    numbers = {name: count for name, count in counts.items() if isinstance(count, int)}
    return ReportedRun(run_id, Path(database).name, dry_run, numbers)


@dataclass(frozen=True, slots=True)
class Flow:
    """Records of one source that were recognised in one way and had one outcome."""

    source_table: str
    recognised_by: str
    outcome: str
    records: int


@dataclass(frozen=True, slots=True)
class ClusterSizes:
    """Customers whose number of records lies in one range; `smallest` is its lower end."""

    smallest: int
    customers: int


@dataclass(frozen=True, slots=True)
class TenantShare:
    """One source of one tenant; without a tenant id, of the `tenants` smaller ones together."""

    tenant_id: str | None
    source_table: str
    place: int
    tenants: int
    records: int
    linked_before: int
    linked: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What a run found: everything that the figures of its report show."""

    summary: Summary
    new_customers: int
    live_customers: int
    flows: tuple[Flow, ...]
    cluster_sizes: tuple[ClusterSizes, ...]
    tenant_shares: tuple[TenantShare, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a report shows."""

    run: ReportedRun
    counts: Counts
    reported_at: datetime


def report_of(run: ReportedRun, counts: Counts) -> Report:
    """The report of a run as of now."""
    return Report(run, counts, datetime.now(UTC))


def gather(connection: DuckDBPyConnection, top_tenants: int = TOP_TENANTS) -> Counts:
    """Count what the warehouse's latest run found; `connection` is only read from."""
    new_customers, live_customers = one_row(connection.execute(_query("customer_counts")))
    shares = connection.execute(_query("tenant_shares"), {"top": top_tenants}).fetchall()
    return Counts(
        summary=summarize(connection),
        new_customers=new_customers,
        live_customers=live_customers,
        flows=tuple(Flow(*row) for row in connection.execute(_query("flow")).fetchall()),
        cluster_sizes=tuple(
            ClusterSizes(*row) for row in connection.execute(_query("cluster_sizes")).fetchall()
        ),
        tenant_shares=tuple(TenantShare(*row) for row in shares),
    )


def _query(name: str) -> str:
    return load_sql(f"report/sql/{name}.sql")
