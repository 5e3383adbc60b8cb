-- The identifiers of customers in a plan, beside its links: written at the same time as its customers.
-- Grain: one row per identifier and customer that comes, or changes what it says; that goes.
CREATE TABLE new_identifiers (
    tenant_id TEXT,
    kind TEXT,
    value TEXT,
    customer_id TEXT,
    usable INTEGER,
    reason TEXT
);
CREATE TABLE gone_identifiers (
    tenant_id TEXT,
    kind TEXT,
    value TEXT,
    customer_id TEXT
);
