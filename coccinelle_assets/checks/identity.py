"""Checks of identity/identifiers and identity/clusters: valid ties, within one tenant."""

from collections.abc import Iterable
from itertools import combinations

import dagster as dg
from duckdb import DuckDBPyConnection
from rapidfuzz import fuzz

from coccinelle_assets.checks.results import (
    blocking_specs,
    check_result,
    listed,
    rule,
    rule_results,
    warning_spec,
)
from coccinelle_assets.predicates.predicate import SAMPLE_ROWS
from coccinelle_assets.resources.failures import clear_failures
from coccinelle_assets.resources.rules import GateThresholdsResource
from coccinelle_assets.resources.warehouse import Warehouse
from coccinelle_assets.settings import GateThresholds
from coccinelle_assets.sql import load_sql, one_row

IDENTIFIERS = "identity/identifiers"
CLUSTERS = "identity/clusters"
IDENTIFIER_RULES = (
    rule("usable_identifiers_valid", "Every usable phone is E.164, every usable e-mail valid."),
    rule("identifiers_judged_once", "Every identifier is usable or rejected with a reason."),
)
CLUSTER_RULES = (
    rule("clusters_within_tenant", "No customer spans two tenants."),
    rule("identifiers_in_one_cluster", "Nobody who shares a usable identifier is kept apart."),
)
# Comparing every pair of a huge cluster's names would take longer than the run.
MAX_COMPARED_NAMES = 20


@dg.multi_asset_check(
    specs=[
        *blocking_specs(IDENTIFIERS, IDENTIFIER_RULES),
        warning_spec(
            IDENTIFIERS, "rejected_share", "The share of identifiers that tie nobody stays small."
        ),
    ],
    name="identifiers_gate",
)
def identifiers_gate(
    warehouse: Warehouse, gate_thresholds: GateThresholdsResource
) -> Iterable[dg.AssetCheckResult]:
    """Hold back identifiers that are none."""
    with clear_failures(), warehouse.connect() as connection:
        yield from rule_results(connection, IDENTIFIERS, IDENTIFIER_RULES)
        yield rejected_share(connection, gate_thresholds)


def rejected_share(
    connection: DuckDBPyConnection, thresholds: GateThresholds
) -> dg.AssetCheckResult:
    """Warn when too many identifiers are unusable."""
    rejected, total = one_row(
        connection.execute(
            "SELECT count(*) FILTER (WHERE NOT usable), count(*) FROM identity.identifiers"
        )
    )
    share = rejected / total if total else 0.0
    _, columns, sample = listed(connection, load_sql("checks/sql/rejected_identifiers.sql"))
    return check_result(
        IDENTIFIERS,
        "rejected_share",
        rejected,
        columns,
        sample,
        passed=share <= thresholds.max_rejected_share,
        severity=dg.AssetCheckSeverity.WARN,
        figures={"share": round(share, 4), "limit": thresholds.max_rejected_share},
    )


@dg.multi_asset_check(
    specs=[
        *blocking_specs(CLUSTERS, CLUSTER_RULES),
        warning_spec(CLUSTERS, "names_agree", "The names within one customer are alike."),
        warning_spec(CLUSTERS, "clusters_small", "No customer has suspiciously many records."),
    ],
    name="clusters_gate",
)
def clusters_gate(
    warehouse: Warehouse, gate_thresholds: GateThresholdsResource
) -> Iterable[dg.AssetCheckResult]:
    """Hold back clusters that cross tenants; point at those that look like strangers."""
    with clear_failures(), warehouse.connect() as connection:
        yield from rule_results(connection, CLUSTERS, CLUSTER_RULES)
        yield names_agree(connection, gate_thresholds)
        yield clusters_small(connection, gate_thresholds)


def least_alike(names: list[str]) -> float:
    """The lowest similarity of any two names, 0 to 100 (token set ratio)."""
    compared = names[:MAX_COMPARED_NAMES]
    return min((fuzz.token_set_ratio(a, b) for a, b in combinations(compared, 2)), default=100.0)


def names_agree(connection: DuckDBPyConnection, thresholds: GateThresholds) -> dg.AssetCheckResult:
    """Warn of clusters under whose names the least alike pair scores below the limit."""
    rows = connection.execute(load_sql("checks/sql/cluster_names.sql")).fetchall()
    scored = (
        (cluster_id, tenant_id, names, records, round(least_alike(names.split("|"))))
        for cluster_id, tenant_id, names, records in rows
    )
    doubtful = sorted(
        (row for row in scored if row[4] < thresholds.min_name_similarity),
        key=lambda row: (row[4], row[0]),
    )
    columns = ("cluster_id", "tenant_id", "names", "records", "similarity")
    return check_result(
        CLUSTERS,
        "names_agree",
        len(doubtful),
        columns,
        doubtful[:SAMPLE_ROWS],
        severity=dg.AssetCheckSeverity.WARN,
        figures={"clusters_with_several_names": len(rows)},
    )


def clusters_small(
    connection: DuckDBPyConnection, thresholds: GateThresholds
) -> dg.AssetCheckResult:
    """Warn of clusters above the limit; the largest are shown in any case."""
    cursor = connection.execute(load_sql("checks/sql/largest_clusters.sql"))
    columns, sample = [column[0] for column in cursor.description], cursor.fetchall()
    above = one_row(
        connection.execute(
            "SELECT count(*) FROM (SELECT cluster_no FROM identity.members GROUP BY cluster_no"
            " HAVING count(*) > $limit) AS large",
            {"limit": thresholds.max_cluster_records},
        )
    )[0]
    largest = sample[0][2] if sample else 0
    return check_result(
        CLUSTERS,
        "clusters_small",
        above,
        columns,
        sample,
        severity=dg.AssetCheckSeverity.WARN,
        figures={"largest": largest, "limit": thresholds.max_cluster_records},
    )
