"""The facts about the tables of the application and of the project, each stated once.

Deployed databases differ: a column may have another name, be absent, or be there already. Here each
table is described by its canonical columns; everything else asks for those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A canonical column; `names` are its deployed names, the preferred one first.

    `unless` names a column of the same table whose presence makes this one optional: contracted
    tables no longer hold the customer's details, only the link.
    """

    name: str
    names: tuple[str, ...] = ()
    required: bool = True
    unless: str | None = None

    @property
    def deployed_names(self) -> tuple[str, ...]:
        """Every name that the column is known under."""
        return self.names or (self.name,)


def _columns(required: str, optional: str = "") -> tuple[Column, ...]:
    return tuple(
        [Column(name) for name in required.split()]
        + [Column(name, required=False) for name in optional.split()]
    )


_CUSTOMER_DETAILS = tuple(
    Column(name, unless="customer_id")
    for name in ("customer_name", "customer_email", "customer_phone")
)

SOURCE_TABLES: Mapping[str, tuple[Column, ...]] = {
    "prospects": (
        *_columns(
            "id tenant_id first_name last_name email phone", "status source created_at updated_at"
        ),
        # As other records name it.
        Column("prospect_id", names=("id",)),
    ),
    "appointments": (
        *_columns("id tenant_id", "prospect_id customer_id created_at updated_at"),
        *_CUSTOMER_DETAILS,
        Column("appointment_date", names=("appointment_date", "scheduled_at")),
    ),
    "omni_conversations": (
        *_columns("id tenant_id", "prospect_id customer_id current_channel created_at updated_at"),
        *_CUSTOMER_DETAILS,
        *_columns("first_message_at last_message_at"),
    ),
}

CUSTOMER_COLUMNS = (
    "id",
    "tenant_id",
    "first_name",
    "last_name",
    "email",
    "phone",
    "status",
    "source",
    "tags",
    "preferred_contact_method",
    "language",
    "timezone",
    "total_appointments",
    "total_conversations",
    "last_contact_at",
    "created_at",
    "updated_at",
)
# What a promotion may change of a customer that is there.
CHANGED_COLUMNS = CUSTOMER_COLUMNS[2:12]
# Tables that a first promotion creates; before it they are read as empty.
PROMOTED_TABLES: Mapping[str, tuple[Column, ...]] = {
    "customers": _columns("id tenant_id", " ".join(CUSTOMER_COLUMNS[2:])),
    "customer_merges": _columns("merged_id customer_id tenant_id merged_at reason"),
    "customer_promotions": _columns("run_id promoted_at counts checksums", "tenants undone_at"),
    "customer_identifiers": _columns("tenant_id kind value customer_id usable reason"),
    "customer_arrivals": _columns(
        "id tenant_id first_name last_name email phone status source tags preferred_contact_method"
        " language timezone"
    ),
    "arrival_links": _columns("source_table record_id tenant_id customer_id"),
}
# Where the business' own addresses and numbers are kept: (table, tenant column, kind, column).
BUSINESS_IDENTIFIERS = (
    ("tenants", "id", "email", "email"),
    ("tenants", "id", "phone", "phone"),
    ("tenants", "id", "country", "country"),
    ("tenants", "id", "country", "country_code"),
    ("users", "tenant_id", "email", "email"),
    ("users", "tenant_id", "phone", "phone"),
    ("commercial_agents", "tenant_id", "email", "email"),
    ("commercial_agents", "tenant_id", "phone", "phone"),
    ("omni_phone_mappings", "tenant_id", "phone", "phone_number"),
)

# Tables whose rows are linked to customers, each with the name of its planned links.
LINKED_TABLES = {"appointments": "appointment_links", "omni_conversations": "conversation_links"}
# Of each linked table, the customers' column that its rows are counted in.
TOTALS = {"appointments": "total_appointments", "omni_conversations": "total_conversations"}
# What whoever writes links counts of a customer: it does not tell whether a row was changed.
COUNTED = {*TOTALS.values(), "last_contact_at", "updated_at"}
# The customer's details that a linked table copies, until it is contracted.
DETAILS = ("customer_name", "customer_email", "customer_phone")

INDEXES = (
    "idx_customers_tenant",
    "idx_customers_email",
    "idx_customers_phone",
    "idx_customers_status",
    "idx_customers_last_contact",
    "idx_appointments_customer",
    "idx_omni_conversations_customer",
    # Of a customers table that was there before without the plan's keys.
    "idx_customers_id",
    "idx_customers_tenant_email",
    "idx_customers_tenant_phone",
    # That serving adds.
    "idx_customers_tenant_created",
    "idx_customers_tenant_last_name",
    "idx_customers_tenant_first_name",
)
# Where a merged customer's id leads.
MERGES = "customer_merges"
# By what every customer is known: what a record that comes in by day is looked up in.
CUSTOMER_IDENTIFIERS = "customer_identifiers"
COMPANION_TABLES = (
    MERGES,
    CUSTOMER_IDENTIFIERS,
    "customer_arrivals",
    "arrival_links",
    "customer_identifier_journal",
    "customer_api_answers",
    "customer_promotions",
    "customer_contracts",
    "customer_link_journal",
    "customer_row_journal",
)
IDENTIFIERS = ("email", "phone")
# Tables that promotions change rows of: their triggers rest meanwhile, their schema is recorded.
CHANGED_TABLES = ("customers", *LINKED_TABLES)
