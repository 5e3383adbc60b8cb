"""What makes each check fail: statements on a resolved warehouse, or settings."""

from __future__ import annotations

from dataclasses import dataclass, field

import dagster as dg

from coccinelle_assets_tests.people import JEAN

# The small database has more than its share of oddities.
LENIENT = {"max_rejected_share": 0.5, "max_unlinked_share": 0.5}
PROMOTED = dg.AssetKey(["live", "customers"])


@dataclass(frozen=True)
class Spoil:
    """What makes a check fail: a statement on the resolved warehouse, or settings."""

    statement: str = "SELECT 1"
    also: frozenset[str] = frozenset()
    settings: dict[str, object] = field(default_factory=dict)


def spoil(statement: str, *also: str) -> Spoil:
    return Spoil(statement, frozenset(also))


COPY_OF_JEAN = (
    "INSERT INTO ssot.customers BY NAME SELECT * REPLACE ({}) FROM ssot.customers"
    f" WHERE phone = '{JEAN}' AND tenant_id = 't1'"
)
BLOCKING = {
    "record_ids_unique": spoil(
        "INSERT INTO identity.contacts BY NAME SELECT * REPLACE ('p1' AS source_id)"
        " FROM identity.contacts WHERE source_id = 'p2'",
        "contacts_complete",
    ),
    "contacts_complete": spoil("DELETE FROM identity.contacts WHERE raw_email = 'test@test.fr'"),
    "record_tenants_exist": spoil(
        "UPDATE identity.contacts SET tenant_id = 'gone' WHERE source_id = 'p6'"
    ),
    "usable_identifiers_valid": spoil(
        "UPDATE identity.identifiers SET value = '0611'"
        f" WHERE value = '{JEAN}' AND tenant_id = 't1'"
    ),
    "identifiers_judged_once": spoil(
        "UPDATE identity.identifiers SET reason = 'invalid' WHERE value = 'anne@lilas.fr'"
    ),
    "clusters_within_tenant": spoil(
        "UPDATE identity.contacts SET tenant_id = 't2' WHERE source_id = 'a3'"
    ),
    "identifiers_in_one_cluster": spoil(
        "UPDATE identity.members SET cluster_no = -1 WHERE record_no ="
        " (SELECT record_no FROM identity.contacts WHERE source_id = 'a3')"
    ),
    "customer_ids_unique": spoil(COPY_OF_JEAN.format("NULL AS email, NULL AS phone")),
    "customer_emails_unique": spoil(COPY_OF_JEAN.format("'copy' AS id, NULL AS phone")),
    "customer_phones_unique": spoil(COPY_OF_JEAN.format("'copy' AS id, NULL AS email")),
    "customer_identifiers_valid": spoil(
        "UPDATE ssot.customers SET email = 'No Address' WHERE email = 'anne@lilas.fr'"
    ),
    "customer_tenants_exist": spoil(COPY_OF_JEAN.format("'copy' AS id, 'gone' AS tenant_id")),
    "identifiers_tie_one_customer": spoil(
        "INSERT INTO ssot.customer_identifiers"
        " SELECT i.tenant_id, i.kind, i.value, o.id, 1, NULL FROM ssot.customer_identifiers AS i"
        " JOIN ssot.customers AS o ON o.id <> i.customer_id AND o.tenant_id = i.tenant_id"
        f" WHERE i.value = '{JEAN}' AND i.usable = 1 LIMIT 1"
    ),
    "identifiers_as_links": spoil(
        f"DELETE FROM ssot.customer_identifiers WHERE value = '{JEAN}' AND tenant_id = 't1'"
    ),
    "customer_drift": spoil(
        "INSERT INTO ssot.customers (id, tenant_id, total_appointments, total_conversations)"
        " SELECT 'many' || range, 't1', 0, 0 FROM range(101)"
    ),
    "appointments_linked": spoil(
        "DELETE FROM ssot.appointment_links WHERE id = 'a7'",
        "records_accounted_for",
        "statistics_match_links",
    ),
    "conversations_linked": spoil(
        "DELETE FROM ssot.conversation_links WHERE id = 'c8'",
        "records_accounted_for",
        "statistics_match_links",
    ),
    "links_lead_to_customers": spoil(
        "UPDATE ssot.appointment_links SET customer_id = 'nobody' WHERE id = 'a7'",
        "identifiers_as_links",
        "statistics_match_links",
    ),
    "statistics_match_links": spoil(
        "UPDATE ssot.customers SET total_appointments = 9"
        f" WHERE phone = '{JEAN}' AND tenant_id = 't1'"
    ),
    "records_accounted_for": spoil("DELETE FROM ssot.unlinked_records WHERE source_id = 'a9'"),
}
