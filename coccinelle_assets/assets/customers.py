"""ssot/customers: the deduplicated customer set, with exactly the migration plan's columns."""

import dagster as dg

from coccinelle_assets.assets.layer import column_lineage, materialized, sample_rows, spec
from coccinelle_assets.resolution.customers import build_customers
from coccinelle_assets.resources.failures import clear_failures
from coccinelle_assets.resources.warehouse import Warehouse
from coccinelle_assets.sql import one_row

CUSTOMERS = spec(
    "ssot",
    "customers",
    "One row per customer: golden records under lasting ids, the application's edits on top.",
    """id: lasting; the live id, or cust_ and a hash of the earliest record
    tenant_id
    first_name
    last_name
    email: unique in the tenant
    phone: E.164, unique in the tenant
    status: customer, lead, prospect or active
    source: where the earliest record came from
    tags: JSON array
    preferred_contact_method
    language
    timezone
    total_appointments BIGINT
    total_conversations BIGINT
    last_contact_at
    created_at
    updated_at""",
    deps=("identity/clusters", "identity/contacts", "identity/identifiers", "source/customers"),
)
# What decides which record's value is taken is left out; a test reads the models to hold it true.
LINEAGE = column_lineage(
    """id: identity/clusters.cluster_id identity/clusters.source_id
    tenant_id: identity/contacts.tenant_id
    first_name: identity/contacts.first_name source/customers.first_name
    last_name: identity/contacts.last_name source/customers.last_name
    email: identity/contacts.email identity/contacts.email_shown source/customers.email
    phone: identity/contacts.phone identity/contacts.phone_shown source/customers.phone
    status: identity/contacts.stage identity/contacts.source_table source/customers.status
    source: identity/contacts.origin identity/contacts.channel source/customers.source
    tags: identity/contacts.source_table source/customers.tags
    preferred_contact_method: identity/contacts.channel identity/contacts.email \
identity/contacts.phone source/customers.preferred_contact_method
    language: identity/identifiers.value source/customers.language
    timezone: identity/identifiers.value source/customers.timezone
    total_appointments: identity/contacts.source_table
    total_conversations: identity/contacts.source_table
    last_contact_at: identity/contacts.contacted_at
    created_at: identity/contacts.observed_at source/customers.created_at
    updated_at: source/customers.updated_at"""
)
SAMPLE = """id tenant_id first_name last_name email phone status source
    total_appointments total_conversations last_contact_at"""


@dg.multi_asset(specs=[CUSTOMERS], name="customers")
def customers(warehouse: Warehouse) -> dg.MaterializeResult:
    """Choose each customer's details among its records."""
    with clear_failures(), warehouse.connect() as connection:
        build_customers(connection)
        merges, splits, deleted, beside = one_row(
            connection.execute(
                "SELECT (SELECT count(*) FROM ssot.customer_merges),"
                " (SELECT count(*) FROM ssot.customer_splits),"
                " (SELECT count(*) FROM identity.deleted_customers),"
                " (SELECT count(*) FROM ssot.other_identifiers)"
            )
        )
        return materialized(
            connection,
            "ssot/customers",
            lineage=LINEAGE,
            metadata={
                "merged_customers": merges,
                "split_customers": splits,
                "deleted_customers": deleted,
                "identifiers_beside_the_row": beside,
                **sample_rows(connection, "ssot/customers", SAMPLE),
            },
        )
