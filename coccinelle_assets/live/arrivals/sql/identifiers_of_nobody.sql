-- Identifiers of customers that are gone, so that others may be found by them.
-- Grain: one row per identifier. Output: customer_identifiers. Parameters: :tenant, :identifiers, a
-- JSON array of [kind, value].
DELETE FROM customer_identifiers
WHERE tenant_id = :tenant
    AND customer_id <> ''
    AND (kind, value) IN (
        SELECT json_extract(w.value, '$[0]'), json_extract(w.value, '$[1]')
        FROM json_each(:identifiers) AS w
    )
    AND NOT EXISTS (SELECT 1 FROM customers AS c WHERE c.id = customer_identifiers.customer_id)
    AND NOT EXISTS (SELECT 1 FROM customer_merges AS m WHERE m.merged_id = customer_identifiers.customer_id)
