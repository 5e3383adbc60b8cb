"""Failed checks, and checks that pass again, since a channel was last told."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import dagster as dg
from dagster._core.storage.asset_check_execution_record import (
    AssetCheckExecutionRecord,
    AssetCheckExecutionRecordStatus,
)

from coccinelle_assets.automation.alerts.alert import Alert, Kind
from coccinelle_assets.masking import mask_identifiers

# Evaluations of one check that a message may be behind; older ones are counted as a whole.
MAX_BACKLOG = 200
# PostgreSQL may show a row later than one with a higher id, a run may end before its last check.
SETTLE_SECONDS = 60
# A run that was killed without a trace leaves checks that are planned for ever.
ABANDONED_SECONDS = 24 * 3600
SAMPLE_TENANTS = 5
PLANNED = AssetCheckExecutionRecordStatus.PLANNED


@dataclass(slots=True)
class Mark:
    """How far the history of one check was told.

    Of the rows up to `settled` nothing more is to be told; of those above, `told` were. A row
    gets its id when its run is planned and its result later, so ids alone tell no order.
    """

    settled: int = 0
    told: list[int] = field(default_factory=list)
    failing: bool = False


def collect_checks(
    instance: dg.DagsterInstance,
    keys: Collection[dg.AssetCheckKey],
    state: Mapping[str, Any] | None,
    now: float,
) -> tuple[list[Alert], dict[str, Any]]:
    """Alerts since `state`, oldest first, and the state in which they are told.

    Without a state nothing is told: history before the first look is no news.
    """
    storage = instance.event_log_storage
    newest = storage.get_latest_asset_check_execution_by_key(list(keys))
    alerts: list[Alert] = []
    marks: dict[str, Any] = {}
    for key in keys:
        name = f"{key.asset_key.to_user_string()} {key.name}"
        mark = Mark(**(state or {}).get(name, {}))
        if key in newest and newest[key].id > mark.settled:
            rows = storage.get_asset_check_execution_history(key, limit=MAX_BACKLOG + 1)
            unseen = [row for row in rows if row.id > mark.settled]
            found, mark = _read(instance, name, unseen, mark, now)
            if state is None:
                found, mark.failing = [], False
            alerts.extend(found)
        marks[name] = asdict(mark)
    return sorted(alerts, key=lambda alert: alert.at), marks


def _read(
    instance: dg.DagsterInstance,
    name: str,
    rows: Iterable[AssetCheckExecutionRecord],
    mark: Mark,
    now: float,
) -> tuple[list[Alert], Mark]:
    rows = list(rows)
    alerts: list[Alert] = []
    failing = mark.failing
    if len(rows) > MAX_BACKLOG:
        oldest = rows.pop()
        missed = f"More than {MAX_BACKLOG} evaluations: older ones are in the check's history."
        alerts.append(Alert(Kind.FAILED, name, oldest.create_timestamp, "WARN", (missed,)))
    # A row that is not planned any more has its event and evaluation.
    done = [
        (row.event.timestamp, row, row.evaluation)
        for row in rows
        if row.status != PLANNED and row.id not in mark.told and row.event and row.evaluation
    ]
    for at, row, evaluation in sorted(done, key=lambda found: found[0]):
        if not evaluation.passed:
            severity, details = evaluation.severity.value, _details(evaluation)
            alerts.append(Alert(Kind.FAILED, name, at, severity, details, row.run_id))
        elif failing:
            alerts.append(Alert(Kind.PASSES_AGAIN, name, at, run_id=row.run_id))
        failing = not evaluation.passed
    unsettled = [row.id for row in rows if not _is_settled(instance, row, now)]
    settled = min(unsettled) - 1 if unsettled else max(row.id for row in rows)
    told = [row.id for row in rows if row.id > settled and row.status != PLANNED]
    return alerts, Mark(settled, told, failing)


def _is_settled(instance: dg.DagsterInstance, row: AssetCheckExecutionRecord, now: float) -> bool:
    """Whether nothing more can come of a row, or of one before it."""
    age = now - row.create_timestamp
    if row.status != PLANNED:
        return age > SETTLE_SECONDS
    if age > ABANDONED_SECONDS:
        return True
    record = instance.get_run_record_by_id(row.run_id)
    if record is None:
        return age > SETTLE_SECONDS
    return record.end_time is not None and now - record.end_time > SETTLE_SECONDS


def _details(evaluation: dg.AssetCheckEvaluation) -> tuple[str, ...]:
    """Figures of an evaluation and the tenants in its sample; no value of a customer's."""
    figures = [
        f"{name.replace('_', ' ')} {value.value:g}"
        for name, value in evaluation.metadata.items()
        if isinstance(value, dg.IntMetadataValue | dg.FloatMetadataValue)
    ]
    details = [", ".join(figures)] if figures else []
    tenants = _tenants(evaluation)
    if tenants:
        shown = ", ".join(mask_identifiers(tenant) for tenant in tenants[:SAMPLE_TENANTS])
        details.append(f"tenants in the sample: {shown}")
    if evaluation.blocking:
        details.append("The promotion was held.")
    return tuple(details)


def _tenants(evaluation: dg.AssetCheckEvaluation) -> list[str]:
    sample = evaluation.metadata.get("sample")
    if not isinstance(sample, dg.TableMetadataValue):
        return []
    columns = ("tenant_id", "record_tenant", "customer_tenant")
    found = (row.data.get(column) for row in sample.records for column in columns)
    return sorted({str(tenant) for tenant in found if tenant})
