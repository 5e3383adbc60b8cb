-- Offenders: linked records whose e-mail or phone ties, and is not kept as one of the customer that
-- they are linked to. Grain: one row per record and kind.
-- Input: identity.contacts, identifiers, ssot.*_links, ssot.customer_identifiers.
WITH
links AS (
    SELECT 'appointments' AS source_table, id, customer_id FROM ssot.appointment_links
    UNION ALL
    SELECT 'omni_conversations', id, customer_id FROM ssot.conversation_links
),
linked AS (
    SELECT c.tenant_id, c.source_table, c.source_id AS id, c.email, c.phone, l.customer_id
    FROM identity.contacts AS c
    JOIN links AS l ON l.id = c.source_id AND l.source_table = c.source_table
),
held AS (
    SELECT tenant_id, source_table, id, customer_id, 'email' AS kind, email AS value
    FROM linked
    WHERE email IS NOT NULL
    UNION ALL
    SELECT tenant_id, source_table, id, customer_id, 'phone', phone
    FROM linked
    WHERE phone IS NOT NULL
)
SELECT h.tenant_id, h.source_table, h.id, h.kind, h.customer_id
FROM held AS h
JOIN identity.identifiers AS i
    ON i.value = h.value
    AND i.kind = h.kind
    AND i.tenant_id = h.tenant_id
LEFT JOIN ssot.customer_identifiers AS k
    ON k.value = h.value
    AND k.customer_id = h.customer_id
    AND k.kind = h.kind
    AND k.tenant_id = h.tenant_id
WHERE i.usable AND k.value IS NULL
