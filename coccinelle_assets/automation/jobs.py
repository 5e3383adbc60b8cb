"""The jobs. One that promotes always selects the gates along with the promotion.

A promotion that is started without them evaluates the gates itself (see checks/gates.py), and
the predicates again inside its own transaction.
"""

import dagster as dg

from coccinelle_assets.automation.rollback import rollback_customers
from coccinelle_assets.checks.contract import contract_gate
from coccinelle_assets.checks.gates import GATES
from coccinelle_assets.checks.live import verification

MIGRATE = "migrate_customers"
PROMOTE = "promote_customers"
AUDIT = "audit_customers"
VERIFY = "verify_live_customers"
TRIGGERS = "install_statistics_triggers"
CONTRACT = "contract_customers"
VERIFICATION = dg.AssetSelection.checks(verification)
PROMOTED = dg.AssetSelection.assets("live/customers") - VERIFICATION
INSTALLED = dg.AssetSelection.assets("live/statistics_triggers").without_checks()
CONTRACTED = dg.AssetSelection.assets("live/contracted_tables")
CONTRACT_GATE = dg.AssetSelection.checks(contract_gate)
# Installing triggers and contracting are steps of their own; and the promotion has just asked what
# the verification asks, before it committed.
MIGRATION = dg.AssetSelection.all() - INSTALLED - CONTRACTED - CONTRACT_GATE - VERIFICATION

migrate_customers = dg.define_asset_job(
    MIGRATE,
    selection=MIGRATION,
    description="Snapshot, resolve, check, and promote when every blocking check holds.",
)
promote_customers = dg.define_asset_job(
    PROMOTE,
    selection=dg.AssetSelection.checks(*GATES) | PROMOTED,
    description="Check again what the last run resolved, and promote it when every check holds.",
)
audit_customers = dg.define_asset_job(
    AUDIT,
    selection=MIGRATION - PROMOTED,
    description="Everything but the promotion: what would be found, nothing written.",
)
verify_live_customers = dg.define_asset_job(
    VERIFY,
    selection=VERIFICATION,
    description="The migration plan's five queries and the predicates, asked of the live "
    "database; nothing is written.",
)
install_statistics_triggers = dg.define_asset_job(
    TRIGGERS,
    selection=INSTALLED,
    description="Install the triggers that keep the customers' statistics true.",
)
contract_customers = dg.define_asset_job(
    CONTRACT,
    selection=CONTRACTED | CONTRACT_GATE,
    description="Drop the details that the customers hold now, when every gate of it holds. "
    "Nothing schedules this.",
)
JOBS = (
    migrate_customers,
    promote_customers,
    audit_customers,
    verify_live_customers,
    install_statistics_triggers,
    contract_customers,
    rollback_customers,
)
