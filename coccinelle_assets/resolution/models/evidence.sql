-- The identifiers that tie each record: usable ones only.
-- Grain: one row per (record, kind). Input: identity.contacts, identity.identifiers,
-- promoted.customers (what the last promotion derived). Output: identity.evidence.
-- A live customer is tied by the identifiers that no record vouches for: those the application
-- wrote, and those whose records are gone. A derived one follows the records that hold it.
CREATE OR REPLACE TABLE identity.evidence AS
WITH
usable AS (
    SELECT c.record_no, c.source_table, c.source_id, i.identifier_no, i.kind, i.value
    FROM identity.contacts AS c
    JOIN identity.identifiers AS i ON i.tenant_id = c.tenant_id AND i.value = c.email
    WHERE i.usable AND i.kind = 'email' AND c.tenant_id <> '' AND c.source_id IS NOT NULL
    UNION ALL
    SELECT c.record_no, c.source_table, c.source_id, i.identifier_no, i.kind, i.value
    FROM identity.contacts AS c
    JOIN identity.identifiers AS i ON i.tenant_id = c.tenant_id AND i.value = c.phone
    WHERE i.usable AND i.kind = 'phone' AND c.tenant_id <> '' AND c.source_id IS NOT NULL
),
held_by_customer AS (
    SELECT record_no, source_id, identifier_no, kind, value
    FROM usable
    WHERE source_table = 'customers'
),
vouched AS (
    SELECT DISTINCT u.identifier_no
    FROM usable AS u
    JOIN held_by_customer AS h ON h.identifier_no = u.identifier_no
    WHERE u.source_table <> 'customers'
),
derived AS (
    SELECT id, 'email' AS kind, email AS value FROM promoted.customers WHERE email IS NOT NULL
    UNION ALL
    SELECT id, 'phone', phone FROM promoted.customers WHERE phone IS NOT NULL
)
SELECT record_no, identifier_no, kind, value
FROM usable
WHERE source_table <> 'customers'
UNION ALL
SELECT h.record_no, h.identifier_no, h.kind, h.value
FROM held_by_customer AS h
LEFT JOIN derived AS d ON d.id = h.source_id AND d.kind = h.kind AND d.value = h.value
LEFT JOIN vouched AS v ON v.identifier_no = h.identifier_no
WHERE d.id IS NULL OR v.identifier_no IS NULL;
