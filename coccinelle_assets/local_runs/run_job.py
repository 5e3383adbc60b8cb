"""Running the project's Dagster jobs from a program: the same job, gates and history as the UI."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import dagster as dg

from coccinelle_assets import standing
from coccinelle_assets.automation.jobs import CONTRACT, MIGRATE, TRIGGERS
from coccinelle_assets.automation.progress import on_step
from coccinelle_assets.automation.rollback import ROLLBACK
from coccinelle_assets.background import beside
from coccinelle_assets.definitions import build_defs, build_resources
from coccinelle_assets.errors import CoccinelleError, said_plainly
from coccinelle_assets.home import held_home
from coccinelle_assets.live.open_database import database_of
from coccinelle_assets.live.tenant_ranges import TenantRange, ranges_of
from coccinelle_assets.local_runs.instance import open_instance
from coccinelle_assets.settings import Settings
from coccinelle_assets.stopping import stopped_by
from coccinelle_assets.warehouse.room import require_room

ERROR = dg.AssetCheckSeverity.ERROR.value


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """One evaluated asset check."""

    asset: str
    name: str
    passed: bool
    severity: str
    offenders: int


# The last: what the run is about was done, and something failed afterwards.
Status = Literal["done", "refused", "error", "done_with_errors"]


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """How a run ended: done, refused by the predicates `refused`, or with an `error`, which may
    have come once it was done.

    `reported` is what it reported of the asset that it is about, by name.
    """

    run_id: str
    status: Status
    refused: list[str]
    error: str | None
    checks: list[CheckOutcome]
    reported: dict[str, Any]

    @property
    def is_done(self) -> bool:
        """Whether the run went through."""
        return self.status == "done"


def run_migration(
    settings: Settings,
    *,
    dry_run: bool = False,
    tenants: Sequence[str] = (),
    even_if_unchanged: bool = False,
    sql: Path | None = None,
    force: bool = False,
    report: Callable[[str, int], None] | None = None,
) -> RunOutcome:
    """Run the migration job in this process.

    `report` hears the name of each step as it starts, and how many there are.
    `tenants` limits the run to a wave; a run over a state that the last promotion left ends early
    unless `even_if_unchanged`. With `dry_run` nothing is promoted; `sql` is then a file to write
    the promotion to, with `force` over one that is there.
    """
    promotion = {"dry_run": dry_run} | ({"sql": str(sql.absolute()), "force": force} if sql else {})
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
        if not outcome.is_done:
            return
        ranges.learn(taken, float(outcome.reported.get("lock_seconds", 0)))


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
    """Run a job in this process; the outcome has what it reported of `asset`.

    Raises CoccinelleError when the system fails it before anything was written.
    """
    run_id = str(uuid4())
    standing.begin_anew()
    try:
        result = _execute(settings, run_id, job, ops, report)
    except Exception as error:
        reason = said_plainly(error)
        if reason is None:
            raise
        if not standing.has_changed():
            raise CoccinelleError(f"{reason}; {standing.sentence()}") from error
        return RunOutcome(run_id, "done_with_errors", [], standing.afterwards(reason), [], {})
    if not result.success and stopped_by():
        raise KeyboardInterrupt
    return _outcome(result, asset)


def _execute(
    settings: Settings,
    run_id: str,
    job: str,
    ops: Mapping[str, object],
    report: Callable[[str, int], None] | None,
) -> dg.ExecuteInProcessResult:
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
    # The database may grow while another run is waited for: the engine's memory is set once.
    settings = settings.model_copy(update={"memory_limit_mb": settings.warehouse_memory_mb})
    resources = build_resources(settings)
    file = resources.live_database.database.file
    if job == MIGRATE and file is not None:
        require_room(file, settings.home_directory, settings.warehouse_memory_mb)
    with (
        held_home(
            settings.home_directory,
            f"`coccinelle` ({job} of {settings.database})",
            settings.busy_timeout_seconds,
            _say,
        ),
        ExitStack() as opened,
    ):
        resources.live_database.claim(_say)
        opened.enter_context(resources.warehouse.hold())
        # The database is copied while Dagster gets ready.
        ahead = resources.live_database.take_snapshot_ahead if job == MIGRATE else None
        with beside(ahead) if ahead else nullcontext():
            selected = build_defs(settings).resolve_job_def(job)
            instance = opened.enter_context(open_instance(settings.dagster_home))
        token = on_step.set(report and (lambda step: report(step, len(selected.nodes))))
        try:
            return selected.execute_in_process(
                instance=instance,
                run_id=run_id,
                raise_on_error=False,
                run_config={"ops": ops, "loggers": {"progress": {}}},
                tags={"coccinelle/started_by": "command line"},
            )
        finally:
            on_step.reset(token)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _outcome(result: dg.ExecuteInProcessResult, asset: str) -> RunOutcome:
    checks = [_check_outcome(found) for found in result.get_asset_check_evaluations()]
    failed = [check for check in checks if not check.passed]
    refused = [check.name for check in failed if check.severity == ERROR]
    error = None
    reported: dict[str, Any] = {}
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.STEP_FAILURE:
            names, reason = _read_failure(event)
            refused.extend(names)
            error = error or reason
        about = _reported(event)
        if about is not None and about.asset_key == dg.AssetKey(asset.split("/")):
            reported = {key: _plain(value.value) for key, value in about.metadata.items()}
    if not result.success and not refused:
        error = error or "the run failed: see its events in the Dagster UI"
    status: Status = "refused" if refused else "error"
    if result.success:
        status = "done"
    elif standing.has_changed():
        status = "done_with_errors"
        error = standing.afterwards(error or "the run failed")
    return RunOutcome(result.run_id, status, refused, error, checks, reported)


def _check_outcome(evaluation: dg.AssetCheckEvaluation) -> CheckOutcome:
    offenders = evaluation.metadata.get("offenders")
    return CheckOutcome(
        evaluation.asset_key.to_user_string(),
        evaluation.check_name,
        evaluation.passed,
        evaluation.severity.value,
        offenders.value if isinstance(offenders, dg.IntMetadataValue) and offenders.value else 0,
    )


def _reported(event: dg.DagsterEvent) -> dg.AssetMaterialization | dg.AssetObservation | None:
    """What an event reports of an asset, None when it reports nothing."""
    if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
        return event.materialization
    if event.event_type == dg.DagsterEventType.ASSET_OBSERVATION:
        return event.asset_observation_data.asset_observation
    return None


def _read_failure(event: dg.DagsterEvent) -> tuple[list[str], str | None]:
    """The predicates that refused, by name, and the reason why a step failed."""
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        refused = data.user_failure_data.metadata.get("refused_by")
        names = refused.data if isinstance(refused, dg.JsonMetadataValue) else []
        return list(names or []), data.user_failure_data.description
    # A blocking check that fails raises too; its evaluation has said so already.
    if data.error is None or "AssetCheckFailed" in (data.error.cls_name or ""):
        return [], None
    cause = data.error.cause or data.error
    return [], (cause.message or str(cause)).strip()


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value
