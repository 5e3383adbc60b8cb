"""Checks of identity/contacts: every source record is there once, of a tenant that exists."""

from collections.abc import Iterable

import dagster as dg
from duckdb import DuckDBPyConnection

from coccinelle_assets.checks.results import (
    blocking_specs,
    check_result,
    listed,
    rule,
    rule_results,
    warning_spec,
)
from coccinelle_assets.resources.failures import clear_failures
from coccinelle_assets.resources.warehouse import Warehouse
from coccinelle_assets.sql import load_sql

CONTACTS = "identity/contacts"
RULES = (
    rule("record_ids_unique", "No id is used by two rows of a source table."),
    rule("contacts_complete", "Every source record is a contact, once."),
    rule("record_tenants_exist", "Every tenant named by a record exists.", requires="tenants"),
)


@dg.multi_asset_check(
    specs=[
        *blocking_specs(CONTACTS, RULES),
        warning_spec(CONTACTS, "dates_readable", "Every date that is written can be read."),
    ],
    name="contacts_gate",
)
def contacts_gate(warehouse: Warehouse) -> Iterable[dg.AssetCheckResult]:
    """Hold back records that cannot be told apart or belong to nobody."""
    with clear_failures(), warehouse.connect() as connection:
        yield from rule_results(connection, CONTACTS, RULES)
        yield dates_readable(connection)


def dates_readable(connection: DuckDBPyConnection) -> dg.AssetCheckResult:
    """Warn of dates that nobody can read: their records are ordered, and counted, without them."""
    offenders, columns, sample = listed(connection, load_sql("checks/sql/dates_readable.sql"))
    return check_result(
        CONTACTS,
        "dates_readable",
        offenders,
        columns,
        sample,
        severity=dg.AssetCheckSeverity.WARN,
    )
