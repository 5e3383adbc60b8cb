"""Running the project's Dagster jobs from a program: the same job, gates and history as the UI."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg

from coccinelle_assets.automation.jobs import CONTRACT, MIGRATE, TRIGGERS
from coccinelle_assets.automation.progress import on_step
from coccinelle_assets.automation.rollback import ROLLBACK
from coccinelle_assets.background import beside
from coccinelle_assets.definitions import build_defs, build_resources
from coccinelle_assets.live.open_database import database_of
from coccinelle_assets.live.tenant_ranges import TenantRange, ranges_of
from coccinelle_assets.local_runs.instance import open_instance
from coccinelle_assets.settings import Settings


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """One evaluated asset check."""

    asset: str
    name: str
    passed: bool
    severity: str
    offenders: int


@dataclass(slots=True)
class RunOutcome:
    """How a run ended; `refused` when a gate held, `error` when it could not go on."""

    run_id: str
    promoted: bool = False
    refused: list[str] = field(default_factory=list)
    error: str | None = None
    checks: list[CheckOutcome] = field(default_factory=list)
    promotion: dict[str, object] = field(default_factory=dict)


def run_migration(
    settings: Settings,
    *,
    dry_run: bool = False,
    tenants: Sequence[str] = (),
    even_if_unchanged: bool = False,
    sql: Path | None = None,
    report: Callable[[str, int], None] | None = None,
) -> RunOutcome:
    """Run the migration job in this process.

    `report` hears the name of each step as it starts, and how many there are.
    `tenants` limits the run to a wave; a run over a state that the last promotion left ends early
    unless `even_if_unchanged`. With `dry_run` nothing is promoted; `sql` is then a file to write
    the promotion to.
    """
    promotion = {"dry_run": dry_run} | ({"sql": str(sql.absolute())} if sql else {})
    snapshot = {"tenants": list(tenants), "even_if_unchanged": even_if_unchanged}
    ops = {
        "promotion": {"config": promotion},
        "snapshot": {"config": snapshot},
    }
    return _run(settings, MIGRATE, "live/customers", ops, report)


def run_migration_by_ranges(
    settings: Settings,
    *,
    even_if_unchanged: bool = False,
    report: Callable[[str, int], None] | None = None,
) -> Iterator[tuple[TenantRange, RunOutcome]]:
    """Run the migration job for one range of tenants after another, as max_lock_seconds asks.

    Each is a whole promotion with a receipt of its own. The first that does not go through is the
    last. A database that fits into one range is run whole: its range names no tenant.
    """
    assert settings.max_lock_seconds is not None
    ranges = ranges_of(database_of(settings), settings.max_lock_seconds)
    if ranges.are_one:
        outcome = run_migration(settings, even_if_unchanged=even_if_unchanged, report=report)
        yield TenantRange((), ranges.records), outcome
        return
    for taken in ranges:
        outcome = run_migration(
            settings, tenants=taken.tenants, even_if_unchanged=even_if_unchanged, report=report
        )
        yield taken, outcome
        if not outcome.promoted:
            return
        ranges.learn(taken, float(outcome.promotion.get("lock_seconds", 0)))


def run_triggers(settings: Settings) -> RunOutcome:
    """Install the statistics triggers."""
    return _run(settings, TRIGGERS, "live/statistics_triggers", {})


def run_contract(settings: Settings, *, anonymous: bool) -> RunOutcome:
    """Contract the linked tables when the gate of it holds."""
    ops = {
        "contracted_tables": {"config": {"confirmed": True, "anonymous": anonymous}},
        "contract_gate": {"config": {"anonymous": anonymous}},
    }
    return _run(settings, CONTRACT, "live/contracted_tables", ops)


def run_rollback(settings: Settings, *, to_previous: bool) -> RunOutcome:
    """Undo all promotions, or the last one."""
    ops = {"rollback": {"config": {"to_previous": to_previous}}}
    return _run(settings, ROLLBACK, "live/customers", ops)


def _run(
    settings: Settings,
    job: str,
    asset: str,
    ops: Mapping[str, object],
    report: Callable[[str, int], None] | None = None,
) -> RunOutcome:
    """Run a job in this process; the outcome has what it reported of `asset`."""
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
    resources = build_resources(settings)
    with resources["warehouse"].hold(), ExitStack() as opened:
        # The database is copied while Dagster gets ready.
        ahead = resources["live_database"].take_snapshot_ahead if job == MIGRATE else None
        with beside(ahead) if ahead else nullcontext():
            selected = build_defs(settings).resolve_job_def(job)
            instance = opened.enter_context(open_instance(settings.dagster_home))
        token = on_step.set(report and (lambda step: report(step, len(selected.nodes))))
        try:
            result = selected.execute_in_process(
                instance=instance,
                raise_on_error=False,
                run_config={"ops": ops, "loggers": {"progress": {}}},
                tags={"coccinelle/started_by": "command line"},
            )
        finally:
            on_step.reset(token)
    return _outcome(result, asset)


def _outcome(result: dg.ExecuteInProcessResult, asset: str) -> RunOutcome:
    outcome = RunOutcome(result.run_id)
    for evaluation in result.get_asset_check_evaluations():
        offenders = evaluation.metadata.get("offenders")
        check = CheckOutcome(
            evaluation.asset_key.to_user_string(),
            evaluation.check_name,
            evaluation.passed,
            evaluation.severity.value,
            int(offenders.value) if offenders else 0,
        )
        outcome.checks.append(check)
        if not check.passed and check.severity == dg.AssetCheckSeverity.ERROR.value:
            outcome.refused.append(check.name)
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
            materialization = event.materialization
        elif event.event_type == dg.DagsterEventType.ASSET_OBSERVATION:
            materialization = event.asset_observation_data.asset_observation
        else:
            if event.event_type == dg.DagsterEventType.STEP_FAILURE:
                _read_failure(outcome, event)
            continue
        if materialization.asset_key == dg.AssetKey(asset.split("/")):
            outcome.promotion = {
                key: _plain(value.value) for key, value in materialization.metadata.items()
            }
    outcome.promoted = result.success
    if not result.success and not outcome.refused and not outcome.error:
        outcome.error = "the run failed: see its events in the Dagster UI"
    return outcome


def _read_failure(outcome: RunOutcome, event: dg.DagsterEvent) -> None:
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        refused = data.user_failure_data.metadata.get("refused_by")
        if refused is not None:
            outcome.refused.extend(refused.value)
        outcome.error = outcome.error or data.user_failure_data.description
    elif data.error is not None:
        cause = data.error.cause or data.error
        # A blocking check that fails raises too; its evaluation has said so already.
        if "AssetCheckFailed" not in (data.error.cls_name or "") and outcome.error is None:
            outcome.error = (cause.message or str(cause)).strip()


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value
