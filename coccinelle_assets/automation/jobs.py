"""The jobs. A job that promotes always selects the gates along with the promotion.

Materializing the promotion alone is not held by earlier check results: then the second lock,
inside the promotion's own transaction, is the one that counts.
"""

import dagster as dg

MIGRATE = "migrate_customers"
AUDIT = "audit_customers"
TRIGGERS = "install_statistics_triggers"
CONTRACT = "contract_customers"
PROMOTED = dg.AssetSelection.assets("live/customers")
INSTALLED = dg.AssetSelection.assets("live/statistics_triggers")
CONTRACTED = dg.AssetSelection.assets("live/contracted_tables")
# What a migration is: installing triggers and contracting are steps of their own.
MIGRATION = (
    dg.AssetSelection.all()
    - INSTALLED
    - CONTRACTED
    - dg.AssetSelection.checks_for_assets("live/statistics_triggers")
)

migrate_customers = dg.define_asset_job(
    MIGRATE,
    selection=MIGRATION,
    description="Snapshot, resolve, check, and promote when every blocking check holds.",
)
audit_customers = dg.define_asset_job(
    AUDIT,
    selection=MIGRATION - PROMOTED,
    description="Everything but the promotion: what would be found, nothing written.",
)
install_statistics_triggers = dg.define_asset_job(
    TRIGGERS,
    selection=INSTALLED.without_checks(),
    description="Install the triggers that keep the customers' statistics true.",
)
contract_customers = dg.define_asset_job(
    CONTRACT,
    selection=CONTRACTED | dg.AssetSelection.checks_for_assets("live/statistics_triggers"),
    description="Drop the details that the customers hold now, when every gate of it holds. "
    "Nothing schedules this.",
)
