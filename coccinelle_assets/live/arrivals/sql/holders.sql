-- The customers of a tenant whose rows show an e-mail or a phone. Grain: one row per customer and kind.
-- Input: customers. Parameters: :tenant, :email, :phone (NULL for none).
SELECT 'email' AS kind, id FROM customers WHERE tenant_id = :tenant AND email = :email
UNION ALL
SELECT 'phone', id FROM customers WHERE tenant_id = :tenant AND phone = :phone
