"""ssot/customers: the deduplicated customer set, with exactly the migration plan's columns."""

import dagster as dg

from coccinelle_assets.assets.layer import clear_failures, materialized, spec
from coccinelle_assets.resolution.customers import build_customers
from coccinelle_assets.resources.warehouse import Warehouse

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
    total_appointments
    total_conversations
    last_contact_at
    created_at
    updated_at""",
    deps=("identity/clusters", "identity/contacts", "source/customers"),
)


@dg.multi_asset(specs=[CUSTOMERS], name="customers")
def customers(warehouse: Warehouse) -> dg.MaterializeResult:
    """Choose each customer's details among its records."""
    with clear_failures(), warehouse.connect() as connection:
        build_customers(connection)
        merges, splits, deleted = connection.execute(
            "SELECT (SELECT count(*) FROM ssot.customer_merges),"
            " (SELECT count(*) FROM ssot.customer_splits),"
            " (SELECT count(*) FROM identity.deleted_customers)"
        ).fetchone()
        return materialized(
            connection,
            "ssot/customers",
            merged_customers=merges,
            split_customers=splits,
            deleted_customers=deleted,
        )
