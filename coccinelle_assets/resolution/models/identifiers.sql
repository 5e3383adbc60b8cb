-- Every e-mail and phone that was written down, and whether it may tie records together.
-- Grain: one row per (tenant_id, kind, value); value is the normalised one, or the spelling when
-- it is invalid. Input: identity.contacts, temp.business_identifiers (tenant_id, kind, value).
-- Output: identity.identifiers. Parameters: $max_people, $email_placeholder, $phone_placeholder,
-- $word_placeholder (full-match patterns).
-- identifier_no: a record holds one e-mail and one phone, so that its earliest record and its kind
-- number an identifier. (row_number() would leave the last step to one thread.)
CREATE OR REPLACE TABLE identity.identifiers AS
WITH
written AS (
    SELECT
        tenant_id,
        'email' AS kind,
        COALESCE(email, raw_email) AS value,
        email IS NOT NULL AS valid,
        person,
        record_no
    FROM identity.contacts
    WHERE raw_email <> ''
    UNION ALL
    SELECT tenant_id, 'phone', COALESCE(phone, raw_phone), phone IS NOT NULL, person, record_no
    FROM identity.contacts
    WHERE raw_phone <> ''
),
-- Grouped twice, which is cheaper than to count distinct names in each of many small groups.
by_person AS (
    SELECT
        tenant_id, kind, value, valid, person, count(*) AS records, min(record_no) AS earliest_no
    FROM written
    GROUP BY tenant_id, kind, value, valid, person
),
counted AS (
    SELECT
        tenant_id,
        kind,
        value,
        valid,
        CAST(sum(records) AS BIGINT) AS records,
        count(person) AS people,
        min(earliest_no) AS earliest_no
    FROM by_person
    GROUP BY tenant_id, kind, value, valid
),
judged AS (
    SELECT
        c.tenant_id,
        c.kind,
        c.value,
        CASE
            WHEN NOT c.valid AND regexp_full_match(lower(trim(c.value)), $word_placeholder)
                THEN 'placeholder'
            WHEN NOT c.valid THEN 'invalid'
            WHEN c.kind = 'email' AND regexp_full_match(c.value, $email_placeholder)
                THEN 'placeholder'
            WHEN c.kind = 'phone' AND regexp_full_match(c.value, $phone_placeholder)
                THEN 'placeholder'
            WHEN b.value IS NOT NULL THEN 'business_own'
            WHEN c.people > $max_people THEN 'shared'
        END AS reason,
        c.records,
        c.people,
        c.earliest_no
    FROM counted AS c
    LEFT JOIN business_identifiers AS b
        ON b.tenant_id = c.tenant_id AND b.kind = c.kind AND b.value = c.value
)
SELECT
    2 * earliest_no + CASE kind WHEN 'phone' THEN 1 ELSE 0 END AS identifier_no,
    tenant_id,
    kind,
    value,
    reason IS NULL AS usable,
    reason,
    records,
    people
FROM judged;
