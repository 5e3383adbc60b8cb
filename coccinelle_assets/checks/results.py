"""From findings to check results: severity, counts, and a masked sample of the offenders."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg
from duckdb import DuckDBPyConnection

from coccinelle_assets.predicates.predicate import Finding, Predicate, evaluate, find_offenders
from coccinelle_assets.resources.samples import masked_table
from coccinelle_assets.settings import GateThresholds


def rule(name: str, description: str, requires: str | None = None) -> Predicate:
    """A predicate of the warehouse's own tables: checks/sql/<name>.sql selects its offenders."""
    return Predicate(name, description, requires=requires, folder="checks/sql")


def blocking_specs(
    asset: str, rules: Iterable[Predicate], after: Iterable[str] = ()
) -> list[dg.AssetCheckSpec]:
    """Specs of blocking checks on an asset such as "ssot/customers".

    They wait for, and are held by, the checks of the assets in `after`: those of the asset's own
    upstream assets hold it only in runs that materialize it.
    """
    return [
        dg.AssetCheckSpec(
            rule.name,
            asset=asset.split("/"),
            description=rule.description,
            blocking=True,
            additional_deps=[dg.AssetKey(key.split("/")) for key in after],
        )
        for rule in rules
    ]


def warning_spec(asset: str, name: str, description: str) -> dg.AssetCheckSpec:
    """Spec of a check that warns and lets pass."""
    return dg.AssetCheckSpec(name, asset=asset.split("/"), description=description)


def gate_results(
    connection: DuckDBPyConnection,
    asset: str,
    predicates: Sequence[Predicate],
    thresholds: GateThresholds,
) -> Iterable[dg.AssetCheckResult]:
    """Evaluate shared predicates on gate.*, the database as it would be after the promotion."""
    connection.execute("SET search_path = 'gate,source'")
    try:
        yield from _results(connection, asset, predicates, thresholds)
    finally:
        connection.execute("RESET search_path")


def rule_results(
    connection: DuckDBPyConnection, asset: str, rules: Sequence[Predicate]
) -> Iterable[dg.AssetCheckResult]:
    """Evaluate the warehouse's own rules."""
    return _results(connection, asset, rules, GateThresholds())


def _results(
    connection: DuckDBPyConnection,
    asset: str,
    predicates: Sequence[Predicate],
    thresholds: GateThresholds,
) -> Iterable[dg.AssetCheckResult]:
    query = "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'source'"
    tables = {name for (name,) in connection.execute(query).fetchall()}
    for finding in evaluate(connection.execute, predicates, thresholds, tables):
        yield result(asset, finding)


def listed(
    connection: DuckDBPyConnection, query: str
) -> tuple[int, list[str], list[tuple[Any, ...]]]:
    """Number, columns and a sample of what a query selects."""
    return find_offenders(connection.execute, query, {})


def result(asset: str, finding: Finding) -> dg.AssetCheckResult:
    """A blocking check's result out of a predicate's finding."""
    if not finding.applicable:
        return dg.AssetCheckResult(
            passed=True,
            asset_key=asset.split("/"),
            check_name=finding.predicate.name,
            description=f"Not applicable: there is no table {finding.predicate.requires}.",
            metadata={"offenders": 0, "applicable": False},
        )
    return check_result(
        asset, finding.predicate.name, finding.offenders, finding.columns, finding.sample
    )


def check_result(
    asset: str,
    name: str,
    offenders: int,
    columns: Sequence[str],
    sample: Sequence[Sequence[Any]],
    *,
    passed: bool | None = None,
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
    figures: Mapping[str, int | float] | None = None,
) -> dg.AssetCheckResult:
    """A check result with its counts and a masked table of offenders."""
    passed = offenders == 0 if passed is None else passed
    metadata: dict[str, Any] = {"offenders": offenders, **(figures or {})}
    if sample:
        metadata["sample"] = masked_table(columns, sample)
    return dg.AssetCheckResult(
        passed=passed,
        asset_key=asset.split("/"),
        check_name=name,
        severity=severity,
        description=None if passed else f"{offenders} offending rows",
        metadata=metadata,
    )
