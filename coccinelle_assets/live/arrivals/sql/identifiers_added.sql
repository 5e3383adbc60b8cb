-- Identifiers of one customer. Grain: one row per identifier. Output: customer_identifiers.
-- Parameters: :tenant, :customer_id, :identifiers, a JSON array of [kind, value, reason].
INSERT OR IGNORE INTO customer_identifiers (tenant_id, kind, value, customer_id, usable, reason)
SELECT
    :tenant,
    json_extract(w.value, '$[0]'),
    json_extract(w.value, '$[1]'),
    :customer_id,
    1,
    json_extract(w.value, '$[2]')
FROM json_each(:identifiers) AS w
WHERE TRUE
