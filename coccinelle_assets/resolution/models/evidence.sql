-- The identifiers that tie each record: usable ones only.
-- Grain: one row per record that has any. Input: identity.contacts, identity.identifiers,
-- identity.silent_links, identity.named_customers, promoted.customers (what the last promotion
-- derived), promoted.application_identifiers. Output: identity.evidence: the numbers of the record's identifiers, whose texts are the contact's e-mail
-- and phone.
-- A live customer is tied by the identifiers that no record vouches for: those the application
-- wrote, now or once, and those whose records are gone or silent. A derived one follows the records
-- that hold it, but for new ones: whoever returns after all records were deleted is known by it.
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

-- What a record holds beyond one e-mail and one phone. Grain: one row per record and such detail.
-- Output: identity.more_evidence(record_no, identifier_no, kind).
CREATE OR REPLACE TABLE identity.more_evidence AS
SELECT d.record_no, i.identifier_no, d.kind
FROM identity.more_details AS d
JOIN identity.identifiers AS i
    ON i.value = d.value
    AND i.kind = d.kind
    AND i.tenant_id = d.tenant_id
JOIN identity.contacts AS c ON c.record_no = d.record_no
WHERE i.usable AND d.tenant_id <> '' AND c.source_id IS NOT NULL;

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
        c.source_id AS customer_id,
        c.source_id NOT IN (SELECT customer_id FROM identity.silent_links) AS speaking,
        we.value IS NOT NULL AS email_written,
        wp.value IS NOT NULL AS phone_written,
        COALESCE(c.email_shown, c.email) AS email,
        COALESCE(c.phone_shown, c.phone) AS phone,
        d.email AS derived_email,
        d.phone AS derived_phone,
        e.identifier_no AS email_no,
        p.identifier_no AS phone_no
    FROM identity.contacts AS c
    LEFT JOIN promoted.customers AS d ON d.id = c.source_id
    LEFT JOIN promoted.application_identifiers AS we
        ON we.customer_id = c.source_id AND we.kind = 'email' AND we.value = COALESCE(c.email_shown, c.email)
    LEFT JOIN promoted.application_identifiers AS wp
        ON wp.customer_id = c.source_id AND wp.kind = 'phone' AND wp.value = COALESCE(c.phone_shown, c.phone)
    LEFT JOIN emails AS e ON e.tenant_id = c.tenant_id AND e.value = c.email
    LEFT JOIN phones AS p ON p.tenant_id = c.tenant_id AND p.value = c.phone
    WHERE c.tenant_id <> ''
        AND c.source_id IS NOT NULL
        AND c.source_table = 'customers'
        AND (e.identifier_no IS NOT NULL OR p.identifier_no IS NOT NULL)
),
vouched_emails AS (
    SELECT e.email_no, count(l.customer_id) > 0 AS claimed
    FROM identity.evidence AS e
    LEFT JOIN identity.named_customers AS l ON l.record_no = e.record_no
    WHERE e.email_no IN (SELECT email_no FROM held WHERE email_no IS NOT NULL)
    GROUP BY e.email_no
),
vouched_phones AS (
    SELECT e.phone_no, count(l.customer_id) > 0 AS claimed
    FROM identity.evidence AS e
    LEFT JOIN identity.named_customers AS l ON l.record_no = e.record_no
    WHERE e.phone_no IN (SELECT phone_no FROM held WHERE phone_no IS NOT NULL)
    GROUP BY e.phone_no
),
own_records AS (
    SELECT
        l.customer_id,
        count(e.email_no) > 0 AS have_email,
        count(e.phone_no) > 0 AS have_phone
    FROM identity.named_customers AS l
    JOIN identity.evidence AS e ON e.record_no = l.record_no
    GROUP BY l.customer_id
),
-- A derived number that the customer's records hold with an extension only.
extensions AS (
    SELECT DISTINCT l.customer_id, split_part(p.value, ';', 1) AS phone
    FROM identity.evidence AS e
    JOIN phones AS p ON p.identifier_no = e.phone_no
    JOIN identity.named_customers AS l ON l.record_no = e.record_no
    WHERE contains(p.value, ';')
)
SELECT
    h.record_no,
    CASE
        WHEN h.speaking AND NOT h.email_written AND h.derived_email = h.email
            AND (e.claimed OR e.email_no IS NOT NULL AND o.have_email)
            THEN NULL
        ELSE h.email_no
    END,
    CASE
        WHEN h.speaking AND NOT h.phone_written AND h.derived_phone = h.phone
            AND (
                p.claimed
                OR p.phone_no IS NOT NULL AND o.have_phone
                OR x.phone IS NOT NULL
            )
            THEN NULL
        ELSE h.phone_no
    END
FROM held AS h
LEFT JOIN vouched_emails AS e ON e.email_no = h.email_no
LEFT JOIN vouched_phones AS p ON p.phone_no = h.phone_no
LEFT JOIN own_records AS o ON o.customer_id = h.customer_id
LEFT JOIN extensions AS x ON x.customer_id = h.customer_id AND x.phone = h.phone;
