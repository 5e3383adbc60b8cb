"""The jobs. One that promotes always selects the gates along with the promotion.

A promotion that is started without them evaluates the gates itself (see checks/gates.py), and
the predicates again inside its own transaction.
"""

import dagster as dg

from coccinelle_assets.checks.gates import GATES
from coccinelle_assets.checks.live import verification

MIGRATE = "migrate_customers"
PROMOTE = "promote_customers"
AUDIT = "audit_customers"
VERIFY = "verify_live_customers"
PROMOTED = dg.AssetSelection.assets("live/customers")
VERIFICATION = dg.AssetSelection.checks(verification)

migrate_customers = dg.define_asset_job(
    MIGRATE,
    # The promotion has just asked what the verification asks, before it committed.
    selection=dg.AssetSelection.all() - VERIFICATION,
    description="Snapshot, resolve, check, and promote when every blocking check holds.",
)
promote_customers = dg.define_asset_job(
    PROMOTE,
    selection=dg.AssetSelection.checks(*GATES) | (PROMOTED - VERIFICATION),
    description="Check again what the last run resolved, and promote it when every check holds.",
)
audit_customers = dg.define_asset_job(
    AUDIT,
    selection=dg.AssetSelection.all() - PROMOTED,
    description="Everything but the promotion: what would be found, nothing written.",
)
verify_live_customers = dg.define_asset_job(
    VERIFY,
    selection=VERIFICATION,
    description="The migration plan's five queries and the predicates, asked of the live "
    "database; nothing is written.",
)
JOBS = (migrate_customers, promote_customers, audit_customers, verify_live_customers)
