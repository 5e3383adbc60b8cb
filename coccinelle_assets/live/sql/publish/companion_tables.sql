-- What remembers promotions: a merged id leads to its customer, a receipt to what was done.
-- Grain: one row per merged customer; one row per promotion.
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
    checksums TEXT NOT NULL
);
