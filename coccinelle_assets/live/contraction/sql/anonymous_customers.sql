-- A customer of its own for each row that has none, under an id that a run would give it.
-- Grain: one row per appointment or conversation without a customer. Input: {table},
-- {record_id} of its rows, function anonymous_id(tenant, table, id). Output: customers, {table}.customer_id.
INSERT INTO customers (id, tenant_id, status, source, tags, created_at, updated_at)
SELECT
    anonymous_id(tenant_id, '{table}', {record_id}),
    tenant_id,
    'active',
    'anonymous',
    '["anonymous"]',
    CURRENT_TIMESTAMP,
    CURRENT_TIMESTAMP
FROM {table}
WHERE customer_id IS NULL
ORDER BY {record_id};

UPDATE {table}
SET customer_id = anonymous_id(tenant_id, '{table}', {record_id})
WHERE customer_id IS NULL;
