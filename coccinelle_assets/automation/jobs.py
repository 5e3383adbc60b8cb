"""The jobs. A job that promotes always selects the gates along with the promotion.

Materializing the promotion alone is not held by earlier check results: then the second lock,
inside the promotion's own transaction, is the one that counts.
"""

import dagster as dg

MIGRATE = "migrate_customers"
AUDIT = "audit_customers"
PROMOTED = dg.AssetSelection.assets("live/customers")

migrate_customers = dg.define_asset_job(
    MIGRATE,
    selection=dg.AssetSelection.all(),
    description="Snapshot, resolve, check, and promote when every blocking check holds.",
)
audit_customers = dg.define_asset_job(
    AUDIT,
    selection=dg.AssetSelection.all() - PROMOTED,
    description="Everything but the promotion: what would be found, nothing written.",
)
