"""identity/identifiers and identity/clusters: what ties records, and what hangs together."""

import dagster as dg

from coccinelle_assets.assets.layer import materialized, spec
from coccinelle_assets.resolution.identity import build_clusters, build_identifiers
from coccinelle_assets.resources.failures import clear_failures
from coccinelle_assets.resources.rules import IdentityRulesResource
from coccinelle_assets.resources.warehouse import Warehouse

IDENTIFIERS = spec(
    "identity",
    "identifiers",
    "Every e-mail and phone of a tenant, and whether it may tie records together.",
    """identifier_no BIGINT: what the models join on
    tenant_id
    kind: email, phone, or prospect_id for one that ties nobody
    value: what ties, or the spelling when it is invalid
    usable BOOLEAN
    reason: invalid, placeholder, business_own or shared; NULL when usable
    records BIGINT: how many records hold it
    people BIGINT: distinct names and, of the nameless, distinct identifiers of the other kind
    names BIGINT: under how many distinct names""",
    deps=("identity/contacts", "source/business_identifiers"),
)
CLUSTERS = spec(
    "identity",
    "clusters",
    "Connected components: records of one tenant that share identifiers, directly or by a chain.",
    """tenant_id
    source_table
    source_id
    record_no BIGINT
    cluster_no BIGINT: record_no of the earliest record of the cluster
    cluster_id: the id that the cluster's customer gets when it is new""",
    deps=("identity/contacts", "identity/identifiers", "source/customers"),
    kinds=("duckdb", "sql", "scipy"),
)


@dg.multi_asset(specs=[IDENTIFIERS], name="identifiers")
def identifiers(
    warehouse: Warehouse, identity_rules: IdentityRulesResource
) -> dg.MaterializeResult:
    """Judge each identifier by the rules of identity."""
    with clear_failures(), warehouse.connect() as connection:
        build_identifiers(connection, identity_rules)
        reasons = connection.execute(
            "SELECT reason, count(*) FROM identity.identifiers"
            " WHERE reason IS NOT NULL GROUP BY reason ORDER BY reason"
        ).fetchall()
        counts = {f"rejected_{reason}": count for reason, count in reasons}
        return materialized(connection, "identity/identifiers", metadata=counts)


@dg.multi_asset(specs=[CLUSTERS], name="clusters")
def clusters(warehouse: Warehouse, identity_rules: IdentityRulesResource) -> dg.MaterializeResult:
    """Find the connected components."""
    with clear_failures(), warehouse.connect() as connection:
        build_clusters(connection, identity_rules)
        return materialized(connection, "identity/clusters")
