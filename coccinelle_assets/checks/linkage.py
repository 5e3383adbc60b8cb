"""Checks of the links: every linkable record linked, everything accounted for."""

from collections.abc import Iterable

import dagster as dg
from duckdb import DuckDBPyConnection

from coccinelle_assets.checks.results import (
    blocking_specs,
    check_result,
    gate_results,
    listed,
    rule,
    rule_results,
    warning_spec,
)
from coccinelle_assets.predicates.predicate import (
    APPOINTMENT_PREDICATES,
    CONVERSATION_PREDICATES,
    LINK_PREDICATES,
)
from coccinelle_assets.resources.failures import clear_failures
from coccinelle_assets.resources.rules import GateThresholdsResource
from coccinelle_assets.resources.warehouse import Warehouse
from coccinelle_assets.settings import GateThresholds
from coccinelle_assets.sql import load_sql, one_row
from coccinelle_assets.warehouse.preview import write_gate_statistics, write_link_views

APPOINTMENTS = "ssot/appointment_links"
CONVERSATIONS = "ssot/conversation_links"
ACCOUNT = rule("records_accounted_for", "Every record is linked, or unlinked with a reason.")
IDENTIFIERS = rule(
    "identifiers_as_links", "What a record is found by leads to the customer it is linked to."
)


@dg.multi_asset_check(
    specs=[
        *blocking_specs(
            APPOINTMENTS, (*APPOINTMENT_PREDICATES, *LINK_PREDICATES, ACCOUNT, IDENTIFIERS)
        ),
        *blocking_specs(CONVERSATIONS, CONVERSATION_PREDICATES),
        warning_spec(APPOINTMENTS, "unlinked_share", "The share of unlinked records stays small."),
    ],
    name="links_gate",
)
def links_gate(
    warehouse: Warehouse, gate_thresholds: GateThresholdsResource
) -> Iterable[dg.AssetCheckResult]:
    """Hold back links that lead astray or records that were lost on the way."""
    with clear_failures(), warehouse.connect() as connection:
        write_link_views(connection)
        write_gate_statistics(connection)
        yield from gate_results(
            connection,
            APPOINTMENTS,
            (*APPOINTMENT_PREDICATES, *LINK_PREDICATES),
            gate_thresholds,
        )
        yield from gate_results(connection, CONVERSATIONS, CONVERSATION_PREDICATES, gate_thresholds)
        yield from rule_results(connection, APPOINTMENTS, (ACCOUNT, IDENTIFIERS))
        yield unlinked_share(connection, gate_thresholds)


def unlinked_share(
    connection: DuckDBPyConnection, thresholds: GateThresholds
) -> dg.AssetCheckResult:
    """Warn when too many records stay unlinked."""
    unlinked, records = one_row(
        connection.execute(
            "SELECT (SELECT count(*) FROM ssot.unlinked_records),"
            " (SELECT count(*) FROM identity.contacts WHERE source_table <> 'customers')"
        )
    )
    share = unlinked / records if records else 0.0
    _, columns, sample = listed(connection, load_sql("checks/sql/unlinked_by_reason.sql"))
    return check_result(
        APPOINTMENTS,
        "unlinked_share",
        unlinked,
        columns,
        sample,
        passed=share <= thresholds.max_unlinked_share,
        severity=dg.AssetCheckSeverity.WARN,
        figures={"share": round(share, 4), "limit": thresholds.max_unlinked_share},
    )
