-- The records of a customer that goes lose their link. Grain: one row per record.
-- Output: {table}.customer_id. Parameters: :tenant, :id.
UPDATE {table} SET customer_id = NULL WHERE customer_id = :id AND tenant_id = :tenant
