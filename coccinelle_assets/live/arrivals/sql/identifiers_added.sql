-- Identifiers of one customer; one that others have too ties by name (a role's address, a landline).
-- Grain: one row per identifier. Output: customer_identifiers. Parameters: :tenant, :customer_id,
-- :identifiers, a JSON array of [kind, value].
INSERT OR IGNORE INTO customer_identifiers (tenant_id, kind, value, customer_id, usable, reason)
SELECT
    :tenant,
    json_extract(w.value, '$[0]'),
    json_extract(w.value, '$[1]'),
    :customer_id,
    1,
    CASE
        WHEN EXISTS (
            SELECT 1 FROM customer_identifiers AS i
            WHERE i.tenant_id = :tenant
                AND i.kind = json_extract(w.value, '$[0]')
                AND i.value = json_extract(w.value, '$[1]')
                AND i.customer_id <> :customer_id
        )
        THEN 'by_name'
    END
FROM json_each(:identifiers) AS w
WHERE TRUE
