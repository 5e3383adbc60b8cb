-- What is known of some identifiers of a tenant. Grain: one row per identifier and customer, '' where
-- it ties nobody. Input: customer_identifiers, customer_merges, customers. Parameters: :tenant,
-- :wanted, a JSON array of [kind, value]. A row of a customer that is gone says nothing.
SELECT
    i.kind,
    i.value,
    COALESCE(m.customer_id, i.customer_id) AS customer_id,
    i.usable,
    i.reason
FROM json_each(:wanted) AS w
CROSS JOIN customer_identifiers AS i
    ON i.tenant_id = :tenant
    AND i.kind = json_extract(w.value, '$[0]')
    AND i.value = json_extract(w.value, '$[1]')
LEFT JOIN customer_merges AS m ON m.merged_id = i.customer_id
WHERE i.customer_id = ''
    OR EXISTS (
        SELECT 1 FROM customers AS c
        WHERE c.id = COALESCE(m.customer_id, i.customer_id) AND +c.tenant_id = :tenant
    )
