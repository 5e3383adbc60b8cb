-- What remembers promotions: a merged id leads to its customer, a receipt to what was done, the
-- journal to what a link was before. Grain: one row per merged customer; per promotion; per
-- promotion and link it changed (source_table customer_merges: the customer a merged id leads to).
-- By what customers are known: per tenant, kind, value and customer, '' where it ties nobody; its
-- journal per identifier that the last promotion added or removed. What was derived of single
-- records by day, until the next promotion: per customer; per record.
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
CREATE TABLE IF NOT EXISTS customer_identifiers (
    tenant_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    usable INTEGER NOT NULL,
    reason TEXT,
    PRIMARY KEY (tenant_id, kind, value, customer_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS customer_identifier_journal (
    run_id TEXT NOT NULL,
    change TEXT NOT NULL,
    tenant_id TEXT,
    kind TEXT,
    value TEXT,
    customer_id TEXT,
    usable INTEGER,
    reason TEXT
);
CREATE TABLE IF NOT EXISTS customer_arrivals (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    first_name TEXT,
    last_name TEXT,
    email TEXT,
    phone TEXT,
    status TEXT,
    source TEXT,
    tags TEXT,
    preferred_contact_method TEXT,
    language TEXT,
    timezone TEXT
);
CREATE TABLE IF NOT EXISTS arrival_links (
    source_table TEXT NOT NULL,
    record_id TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    PRIMARY KEY (source_table, record_id)
);
