"""identity/contacts: every source record in one shape, its details normalised."""

import dagster as dg

from coccinelle_assets.assets.layer import materialized, spec
from coccinelle_assets.resolution.contacts import build_contacts
from coccinelle_assets.resources.failures import clear_failures
from coccinelle_assets.resources.rules import IdentityRulesResource
from coccinelle_assets.resources.warehouse import Warehouse

CONTACTS = spec(
    "identity",
    "contacts",
    "One row per source record: names split, e-mail and phone normalised, dates in UTC.",
    """record_no BIGINT: order of age, the earliest record first
    tenant_id
    source_table
    source_id
    first_name
    last_name
    email: what ties, NULL when there is none
    phone: what ties, E.164 and perhaps an extension, NULL when there is none
    email_shown: the address, where it is not what ties
    phone_shown: the number, where it is not what ties
    raw_email
    raw_phone
    channel: of a conversation
    stage: status of a prospect
    prospect_id: the prospect that the record names, of a prospect its own id
    observed_at TIMESTAMP: when the record was first seen, UTC
    changed_at TIMESTAMP: when it was last changed, UTC
    contacted_at TIMESTAMP: appointment or latest message, UTC
    origin: where a prospect came from
    customer_id: the link that the live row has
    person: the name as a key, to count distinct people""",
    deps=(
        "source/prospects",
        "source/appointments",
        "source/omni_conversations",
        "source/customers",
    ),
    kinds=("duckdb", "sql", "python"),
)


@dg.multi_asset(specs=[CONTACTS], name="contacts")
def contacts(warehouse: Warehouse, identity_rules: IdentityRulesResource) -> dg.MaterializeResult:
    """Normalise each distinct spelling once."""
    with clear_failures(), warehouse.connect() as connection:
        build_contacts(connection, identity_rules)
        return materialized(connection, "identity/contacts")
