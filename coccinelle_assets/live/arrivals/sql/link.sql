-- The link of one record. Grain: one row. Output: {table}.customer_id.
-- Parameters: :tenant, :id, :customer_id (NULL for none).
UPDATE {table} SET customer_id = :customer_id WHERE id = :id AND tenant_id = :tenant
