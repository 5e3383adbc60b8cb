"""The dead man's switch: alerts when what should succeed has not for too long."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from coccinelle_assets.automation.alerts.alert import Alert, Kind

RUNS_LOOKED_AT = 20


def collect_silence(
    instance: dg.DagsterInstance,
    expected: Mapping[str, tuple[str, ...]],
    hours: float,
    state: Mapping[str, Any] | None,
    now: float,
) -> tuple[list[Alert], dict[str, Any]]:
    """Alerts of what is silent for more than `hours`, once for each silence, and of its end.

    `expected` maps what should succeed, such as "promotion", to the jobs of which one is enough.
    What never succeeded counts from the first look; what is expected no more is silent no more.
    """
    state = state or {}
    alerts = []
    watched: dict[str, Any] = {}
    for name, jobs in expected.items():
        was = state.get(name, {"since": now, "told": False})
        heard = last_success(instance, jobs)
        since = max(was["since"], heard or 0)
        silent = now - since > hours * 3600
        if silent and not was["told"]:
            alerts.append(Alert(Kind.SILENT, name, now, details=(_last_heard(heard, hours),)))
        elif was["told"] and not silent:
            alerts.append(Alert(Kind.HEARD_AGAIN, name, now))
        watched[name] = {"since": since, "told": silent}
    mended = [name for name, was in state.items() if name not in expected and was["told"]]
    alerts.extend(Alert(Kind.HEARD_AGAIN, name, now) for name in mended)
    return alerts, watched


def last_success(instance: dg.DagsterInstance, jobs: tuple[str, ...]) -> float | None:
    """When a run of one of the jobs last succeeded, dry runs aside; a Unix timestamp."""
    ends = [
        record.end_time
        for job in jobs
        for record in instance.get_run_records(
            dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS]),
            limit=RUNS_LOOKED_AT,
        )
        if record.end_time and not _is_dry(record.dagster_run.run_config)
    ]
    return max(ends, default=None)


def _is_dry(run_config: Mapping[str, Any]) -> bool:
    promotion = run_config.get("ops", {}).get("promotion", {})
    return bool(promotion.get("config", {}).get("dry_run"))


def _last_heard(heard: float | None, hours: float) -> str:
    if heard is None:
        return f"None succeeded in the last {hours:g} hours."
    moment = datetime.fromtimestamp(heard, UTC)
    return f"None succeeded in the last {hours:g} hours; the last one at {moment:%F %T} UTC."
