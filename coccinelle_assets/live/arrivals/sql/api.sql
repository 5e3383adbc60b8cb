-- What serving adds to a promoted database: answers that were given under an Idempotency-Key, and
-- the indexes that lists of customers are read along and a customer's identifiers are found by. A
-- rollback takes them off.
-- Grain: one table or index per statement.
CREATE TABLE IF NOT EXISTS customer_api_answers (
    tenant_id TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request TEXT NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body TEXT NOT NULL,
    answered_at DATETIME DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (tenant_id, idempotency_key)
);
CREATE INDEX IF NOT EXISTS idx_customer_identifiers_customer ON customer_identifiers (customer_id);
CREATE INDEX IF NOT EXISTS idx_customers_tenant_created ON customers (tenant_id, created_at, id);
CREATE INDEX IF NOT EXISTS idx_customers_tenant_last_name
ON customers (tenant_id, last_name COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS idx_customers_tenant_first_name
ON customers (tenant_id, first_name COLLATE NOCASE);
