-- Why an e-mail or phone ties nobody. Grain: one row per tenant in which it does not.
-- Input: identity.identifiers. Parameters: $kind, $value (normalised, or as written).
SELECT tenant_id, kind, value, reason, records, people
FROM identity.identifiers
WHERE value = $value AND kind = $kind AND NOT usable
ORDER BY tenant_id
