-- The identifiers that tie each record: usable ones only.
-- Grain: one row per record that has any. Input: identity.contacts, identity.identifiers,
-- identity.silent_links, promoted.customers (what the last promotion derived). Output:
-- identity.evidence: the numbers of the record's identifiers, whose texts are the contact's e-mail
-- and phone.
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
    AND c.source_table <> 'customers'
    AND (e.identifier_no IS NOT NULL OR p.identifier_no IS NOT NULL);

INSERT INTO identity.evidence
WITH
emails AS (
    SELECT identifier_no, tenant_id, value FROM identity.identifiers WHERE usable AND kind = 'email'
),
phones AS (
    SELECT identifier_no, tenant_id, value FROM identity.identifiers WHERE usable AND kind = 'phone'
),
held AS MATERIALIZED (
    SELECT
        c.record_no,
        c.source_id NOT IN (SELECT customer_id FROM identity.silent_links) AS speaking,
        c.email,
        c.phone,
        d.email AS derived_email,
        d.phone AS derived_phone,
        e.identifier_no AS email_no,
        p.identifier_no AS phone_no
    FROM identity.contacts AS c
    LEFT JOIN promoted.customers AS d ON d.id = c.source_id
    LEFT JOIN emails AS e ON e.tenant_id = c.tenant_id AND e.value = c.email
    LEFT JOIN phones AS p ON p.tenant_id = c.tenant_id AND p.value = c.phone
    WHERE c.tenant_id <> ''
        AND c.source_id IS NOT NULL
        AND c.source_table = 'customers'
        AND (e.identifier_no IS NOT NULL OR p.identifier_no IS NOT NULL)
),
vouched_emails AS (
    SELECT DISTINCT email_no FROM identity.evidence WHERE email_no IS NOT NULL
),
vouched_phones AS (
    SELECT DISTINCT phone_no FROM identity.evidence WHERE phone_no IS NOT NULL
)
SELECT
    h.record_no,
    CASE
        WHEN h.speaking AND h.derived_email = h.email AND e.email_no IS NOT NULL THEN NULL
        ELSE h.email_no
    END,
    CASE
        WHEN h.speaking AND h.derived_phone = h.phone AND p.phone_no IS NOT NULL THEN NULL
        ELSE h.phone_no
    END
FROM held AS h
LEFT JOIN vouched_emails AS e ON e.email_no = h.email_no
LEFT JOIN vouched_phones AS p ON p.phone_no = h.phone_no;
