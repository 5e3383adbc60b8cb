-- Offenders: identifiers that tie a linked record, and are not kept as those of the customer that it
-- is linked to. Grain: one row per identifier and such customer.
-- Input: identity.contacts, evidence, identifiers, ssot.*_links, ssot.customer_identifiers.
WITH
links AS (
    SELECT 'appointments' AS source_table, id, customer_id FROM ssot.appointment_links
    UNION ALL
    SELECT 'omni_conversations', id, customer_id FROM ssot.conversation_links
),
linked AS (
    SELECT c.record_no, l.customer_id
    FROM identity.contacts AS c
    JOIN links AS l ON l.id = c.source_id AND l.source_table = c.source_table
),
held AS (
    SELECT record_no, email_no AS identifier_no FROM identity.evidence WHERE email_no IS NOT NULL
    UNION ALL
    SELECT record_no, phone_no FROM identity.evidence WHERE phone_no IS NOT NULL
),
pairs AS (
    SELECT DISTINCT h.identifier_no, l.customer_id
    FROM held AS h
    JOIN linked AS l ON l.record_no = h.record_no
)
SELECT i.tenant_id, i.kind, i.value, p.customer_id
FROM pairs AS p
JOIN identity.identifiers AS i ON i.identifier_no = p.identifier_no
LEFT JOIN ssot.customer_identifiers AS k
    ON k.value = i.value
    AND k.customer_id = p.customer_id
    AND k.kind = i.kind
    AND k.tenant_id = i.tenant_id
WHERE k.value IS NULL
