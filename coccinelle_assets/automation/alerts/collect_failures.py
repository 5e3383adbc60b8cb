"""Runs that crashed since a channel was last told, whatever started them.

Dagster's own run-failure sensor tells each run once and moves on even when telling it failed;
this one waits. A run that a gate held is no crash: its check tells of it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from coccinelle_assets.automation.alerts.alert import Alert, Kind
from coccinelle_assets.masking import mask_identifiers

MAX_RUNS = 100
# Runs that end at the same moment may become visible in any order.
OVERLAP_SECONDS = 120


def collect_failures(
    instance: dg.DagsterInstance, state: Mapping[str, Any] | None, now: float
) -> tuple[list[Alert], dict[str, Any]]:
    """Alerts of the runs that failed since `state`, oldest first, and the state they leave."""
    if state is None:
        return [], {"since": now, "told": {}}
    since, told = state["since"], state["told"]
    records = instance.get_run_records(
        dg.RunsFilter(
            statuses=[dg.DagsterRunStatus.FAILURE],
            updated_after=datetime.fromtimestamp(since - OVERLAP_SECONDS, UTC),
        ),
        limit=MAX_RUNS,
        order_by="update_timestamp",
        ascending=True,
    )
    new = [record for record in records if record.dagster_run.run_id not in told]
    alerts = [alert for record in new if (alert := _alert(instance, record, since))]
    ended = {r.dagster_run.run_id: r.update_timestamp.timestamp() for r in records}
    since = max([since, *ended.values()])
    told = {run: at for run, at in {**told, **ended}.items() if at >= since - OVERLAP_SECONDS}
    return alerts, {"since": since, "told": told}


def _alert(instance: dg.DagsterInstance, record: dg.RunRecord, since: float) -> Alert | None:
    run = record.dagster_run
    reasons = failure_reasons(instance, run.run_id)
    if reasons is None:
        return None
    at = record.end_time or record.update_timestamp.timestamp()
    return Alert(Kind.CRASHED, f"job {run.job_name}", at, details=reasons, run_id=run.run_id)


def failure_reasons(instance: dg.DagsterInstance, run_id: str) -> tuple[str, ...] | None:
    """Why a run failed, one line for each step; None when it was held by gates alone."""
    failures = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    reasons = [
        reason
        for entry in failures
        if entry.dagster_event is not None
        and (reason := _step_reason(entry.dagster_event)) is not None
    ]
    if failures and not reasons:
        return None
    return tuple(reasons) or ("It ended without saying why: it was killed, or lost its machine.",)


def _step_reason(event: dg.DagsterEvent) -> str | None:
    """Our own message where there is one; other errors may hold values of a customer's."""
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        return f"step {event.step_key}: {mask_identifiers(data.user_failure_data.description)}"
    if data.error is None:
        return f"step {event.step_key}: unknown error, see the run"
    if "AssetCheckFailed" in (data.error.cls_name or ""):
        return None
    cause = data.error.cause or data.error
    return f"step {event.step_key}: {cause.cls_name}, see the run"
