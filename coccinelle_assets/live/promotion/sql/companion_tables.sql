-- What remembers promotions: a merged id leads to its customer, a receipt to what was done, the
-- journal to what a link was before. Grain: one row per merged customer; per promotion; per
-- promotion and link it changed (source_table customer_merges: the customer a merged id leads to).
CREATE TABLE IF NOT EXISTS customer_merges (
    merged_id TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    merged_at DATETIME DEFAULT CURRENT_TIMESTAMP,
    reason TEXT
);
CREATE TABLE IF NOT EXISTS customer_promotions (
    run_id TEXT PRIMARY KEY,
    promoted_at DATETIME DEFAULT CURRENT_TIMESTAMP,
    counts TEXT NOT NULL,
    checksums TEXT NOT NULL,
    tenants TEXT,
    schema_before TEXT,
    undone_at DATETIME
);
CREATE TABLE IF NOT EXISTS customer_link_journal (
    run_id TEXT NOT NULL,
    source_table TEXT NOT NULL,
    record_id NOT NULL,
    before,
    after
);
