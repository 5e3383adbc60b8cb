-- The identifiers that tie each record: usable ones only.
-- Grain: one row per record that has any. Input: identity.contacts, identity.identifiers,
-- promoted.customers (what the last promotion derived). Output: identity.evidence: the numbers of
-- the record's identifiers, whose texts are the contact's e-mail and phone.
-- A live customer is tied by the identifiers that no record vouches for: those the application
-- wrote, and those whose records are gone or silent. A derived one follows the records that hold it.
CREATE OR REPLACE TABLE identity.evidence AS
WITH
emails AS (
    SELECT identifier_no, tenant_id, value FROM identity.identifiers WHERE usable AND kind = 'email'
),
phones AS (
    SELECT identifier_no, tenant_id, value FROM identity.identifiers WHERE usable AND kind = 'phone'
)
SELECT c.record_no, e.identifier_no AS email_no, p.identifier_no AS phone_no
FROM identity.contacts AS c
LEFT JOIN emails AS e ON e.tenant_id = c.tenant_id AND e.value = c.email
LEFT JOIN phones AS p ON p.tenant_id = c.tenant_id AND p.value = c.phone
WHERE c.tenant_id <> ''
    AND c.source_id IS NOT NULL
    AND (e.identifier_no IS NOT NULL OR p.identifier_no IS NOT NULL);

CREATE OR REPLACE TEMP TABLE vouched AS
SELECT
    c.record_no,
    c.source_id,
    c.email,
    c.phone,
    e.email_no IN (
        SELECT o.email_no
        FROM identity.evidence AS o
        JOIN identity.contacts AS h ON h.record_no = o.record_no
        WHERE h.source_table <> 'customers' AND o.email_no IS NOT NULL
    ) AS email_vouched,
    e.phone_no IN (
        SELECT o.phone_no
        FROM identity.evidence AS o
        JOIN identity.contacts AS h ON h.record_no = o.record_no
        WHERE h.source_table <> 'customers' AND o.phone_no IS NOT NULL
    ) AS phone_vouched
FROM identity.contacts AS c
JOIN identity.evidence AS e ON e.record_no = c.record_no
WHERE c.source_table = 'customers'
    AND c.source_id NOT IN (SELECT customer_id FROM identity.silent_links);

UPDATE identity.evidence
SET email_no = NULL
FROM vouched AS v
JOIN promoted.customers AS d ON d.id = v.source_id
WHERE v.record_no = evidence.record_no AND v.email_vouched AND d.email = v.email;

UPDATE identity.evidence
SET phone_no = NULL
FROM vouched AS v
JOIN promoted.customers AS d ON d.id = v.source_id
WHERE v.record_no = evidence.record_no AND v.phone_vouched AND d.phone = v.phone;

DROP TABLE temp.vouched;
