"""The rooms of the package in the order in which imports point (docs/architecture.md)."""

# From the top down; rooms of one line do not use each other.
ROOMS = (
    ("cli",),
    ("api",),
    ("local_runs",),
    ("definitions",),
    ("automation",),
    ("assets",),
    ("checks",),
    ("resources",),
    ("report",),
    ("resolution",),
    ("warehouse",),
    ("live",),
    ("predicates",),
    ("settings",),
    ("location", "tables", "demo"),
    ("masking", "progress", "background", "home", "outputs", "standing", "stopping"),
    ("files", "sql", "errors", "wrangler_config"),
)
# Inside live, likewise.
LIVE_ROOMS = (
    ("open_database",),
    ("preflight",),
    ("tenant_ranges", "verify", "history", "merges", "home_owner"),
    ("promotion",),
    ("rollback",),
    ("contraction",),
    ("d1",),
    ("changeset",),
    ("arrivals",),
    ("database",),
    ("statistics",),
    ("tenant_scope",),
    ("receipts", "deferred", "waiting_customers", "new_ids"),
    ("sqlite",),
)
