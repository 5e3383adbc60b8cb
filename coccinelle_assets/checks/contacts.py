"""Checks of identity/contacts: every source record is there once, of a tenant that exists."""

from collections.abc import Iterable

import dagster as dg

from coccinelle_assets.checks.results import blocking_specs, rule, rule_results
from coccinelle_assets.resources.failures import clear_failures
from coccinelle_assets.resources.warehouse import Warehouse

CONTACTS = "identity/contacts"
RULES = (
    rule("record_ids_unique", "No id is used by two rows of a source table."),
    rule("contacts_complete", "Every source record is a contact, once."),
    rule("record_tenants_exist", "Every tenant named by a record exists.", requires="tenants"),
)


@dg.multi_asset_check(specs=blocking_specs(CONTACTS, RULES), name="contacts_gate")
def contacts_gate(warehouse: Warehouse) -> Iterable[dg.AssetCheckResult]:
    """Hold back records that cannot be told apart or belong to nobody."""
    with clear_failures(), warehouse.connect() as connection:
        yield from rule_results(connection, CONTACTS, RULES)
