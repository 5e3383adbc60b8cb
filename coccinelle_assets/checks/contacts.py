"""Checks of identity/contacts: every source record is there once, of a tenant that exists."""

from collections.abc import Iterable

import dagster as dg

from coccinelle_assets.checks.results import Rule, blocking_specs, has_tenants, result, rule_results
from coccinelle_assets.predicates.predicate import Finding, Predicate
from coccinelle_assets.resources.warehouse import Warehouse

CONTACTS = "identity/contacts"
RULES = (
    Rule("record_ids_unique", "No id is used by two rows of a source table."),
    Rule("contacts_complete", "Every source record is a contact, once."),
)
TENANTS = Rule("record_tenants_exist", "Every tenant named by a record exists.")


@dg.multi_asset_check(specs=blocking_specs(CONTACTS, (*RULES, TENANTS)), name="contacts_gate")
def contacts_gate(warehouse: Warehouse) -> Iterable[dg.AssetCheckResult]:
    """Hold back records that cannot be told apart or belong to nobody."""
    with warehouse.connect() as connection:
        yield from rule_results(connection, CONTACTS, RULES)
        if has_tenants(connection):
            yield from rule_results(connection, CONTACTS, (TENANTS,))
        else:
            missing = Predicate(TENANTS.name, TENANTS.description, requires="tenants")
            yield result(CONTACTS, Finding(missing, 0, (), (), applicable=False))
