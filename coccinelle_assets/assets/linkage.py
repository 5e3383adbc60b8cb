"""ssot/*_links: every linkable record and its customer, every other record and its reason."""

from collections.abc import Iterator

import dagster as dg

from coccinelle_assets.assets.layer import column_lineage, materialized, sample_rows, spec
from coccinelle_assets.resolution.linkage import build_links
from coccinelle_assets.resources.failures import clear_failures
from coccinelle_assets.resources.warehouse import Warehouse

_LINK_COLUMNS = """tenant_id
    id: of the record
    customer_id
    matched_on: email, phone, prospect_id, customer_id or transitive
    raw_email: as seen at snapshot time
    raw_phone: as seen at snapshot time
    prospect_id: as seen at snapshot time
    previous_customer_id: the link that the live row had"""
_DEPS = ("ssot/customers", "identity/clusters", "identity/contacts", "identity/identifiers")
LINEAGE = column_lineage(
    """tenant_id: identity/contacts.tenant_id
    id: identity/contacts.source_id
    customer_id: ssot/customers.id
    matched_on: identity/contacts.email identity/contacts.email_shown identity/contacts.phone \
identity/contacts.phone_shown ssot/customers.email \
ssot/customers.phone
    raw_email: identity/contacts.raw_email
    raw_phone: identity/contacts.raw_phone
    prospect_id: identity/contacts.prospect_id
    previous_customer_id: identity/contacts.customer_id"""
)
SAMPLE = "tenant_id id customer_id matched_on raw_email raw_phone"
LINKS = (
    spec(
        "ssot",
        "appointment_links",
        "Which customer each linkable appointment belongs to, and what ties it.",
        _LINK_COLUMNS,
        deps=_DEPS,
    ),
    spec(
        "ssot",
        "conversation_links",
        "Which customer each linkable conversation belongs to, and what ties it.",
        _LINK_COLUMNS,
        deps=_DEPS,
    ),
    spec(
        "ssot",
        "unlinked_records",
        "Every source record without a customer, with the reason.",
        """tenant_id
        source_table
        source_id
        reason: no_identifier, invalid, placeholder, business_own, shared, unknown_prospect, ...
        raw_email
        raw_phone""",
        deps=_DEPS,
    ),
)


@dg.multi_asset(specs=LINKS, name="links")
def links(warehouse: Warehouse) -> Iterator[dg.MaterializeResult]:
    """Link what can be linked and account for the rest."""
    with clear_failures(), warehouse.connect() as connection:
        build_links(connection)
        for table in ("appointment_links", "conversation_links"):
            matches = connection.execute(
                f"SELECT matched_on, count(*) FROM ssot.{table} GROUP BY ALL ORDER BY ALL"
            ).fetchall()
            counts = {f"matched_on_{kind}": count for kind, count in matches}
            key = f"ssot/{table}"
            sample = sample_rows(connection, key, SAMPLE)
            yield materialized(connection, key, lineage=LINEAGE, metadata=counts | sample)
        reasons = connection.execute(
            "SELECT reason, count(*) FROM ssot.unlinked_records GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        yield materialized(
            connection,
            "ssot/unlinked_records",
            metadata={f"unlinked_{reason}": count for reason, count in reasons},
        )
