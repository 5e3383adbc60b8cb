-- Customers one of whose names begins with a text, along an index. Grain: one row per customer and
-- name. Input: customers. Parameters: :tenant, :{from}, :{to}.
SELECT id FROM customers
WHERE tenant_id = :tenant AND last_name >= :{from} COLLATE NOCASE AND last_name < :{to} COLLATE NOCASE
UNION ALL
SELECT id FROM customers
WHERE tenant_id = :tenant AND first_name >= :{from} COLLATE NOCASE AND first_name < :{to} COLLATE NOCASE
