-- Every e-mail and phone that was written down, and whether it may tie records together.
-- Grain: one row per (tenant_id, kind, value); value is what ties, or the spelling when it is invalid.
-- Input: identity.contacts, more_details, read_columns, business_identifiers (tenant_id, kind, value).
-- Output: identity.identifiers. Parameters: $max_people, $email_placeholder, $phone_placeholder,
-- $word_placeholder (full-match patterns).
-- people: distinct names; and where no name is given, distinct identifiers of the other kind that no
-- named record holds along with it (one phone and ten e-mails are no one person).
-- identifier_no: of the one e-mail and one phone that a contact has room for, its earliest record and
-- its kind number an identifier; one that no contact has room for is numbered below zero.
-- (row_number() over all of them would leave the last step to one thread.)
CREATE OR REPLACE TABLE identity.identifiers AS
WITH
written AS (
    SELECT
        tenant_id,
        'email' AS kind,
        COALESCE(email, raw_email) AS value,
        email IS NOT NULL AS valid,
        person,
        phone AS other,
        record_no
    FROM identity.contacts
    -- A column that holds a detail of the other kind, and none of its own, says nothing of its own.
    WHERE raw_email <> ''
        AND (
            email IS NOT NULL
            OR record_no NOT IN (
                SELECT record_no FROM identity.read_columns WHERE of_column = 'email'
            )
        )
    UNION ALL
    SELECT
        tenant_id, 'phone', COALESCE(phone, raw_phone), phone IS NOT NULL, person, email, record_no
    FROM identity.contacts
    WHERE raw_phone <> ''
        AND (
            phone IS NOT NULL
            OR record_no NOT IN (
                SELECT record_no FROM identity.read_columns WHERE of_column = 'phone'
            )
        )
    UNION ALL
    SELECT
        d.tenant_id, d.kind, d.value, TRUE, c.person,
        CASE d.kind WHEN 'email' THEN c.phone ELSE c.email END, NULL
    FROM identity.more_details AS d
    JOIN identity.contacts AS c ON c.record_no = d.record_no
),
-- Grouped twice, which is cheaper than to count distinct names in each of many small groups.
by_person AS (
    SELECT
        tenant_id, kind, value, valid, person, count(*) AS records, min(record_no) AS earliest_no
    FROM written
    GROUP BY tenant_id, kind, value, valid, person
),
named AS (
    SELECT
        tenant_id,
        kind,
        value,
        valid,
        CAST(sum(records) AS BIGINT) AS records,
        count(person) AS names,
        min(earliest_no) AS earliest_no
    FROM by_person
    GROUP BY tenant_id, kind, value, valid
),
-- Few are used so often that it matters who is behind them.
busy AS (
    SELECT tenant_id, kind, value FROM named WHERE valid AND records > $max_people
),
nameless AS (
    SELECT tenant_id, kind, value, count(*) AS people
    FROM (
        SELECT w.tenant_id, w.kind, w.value, w.other
        FROM written AS w
        JOIN busy AS b ON b.tenant_id = w.tenant_id AND b.kind = w.kind AND b.value = w.value
        WHERE w.other IS NOT NULL
        GROUP BY w.tenant_id, w.kind, w.value, w.other
        HAVING count(w.person) = 0
    ) AS others
    GROUP BY tenant_id, kind, value
),
counted AS (
    SELECT
        n.tenant_id,
        n.kind,
        n.value,
        n.valid,
        n.records,
        n.names,
        n.names + COALESCE(s.people, 0) AS people,
        n.earliest_no,
        split_part(n.value, ';', 1) AS bare
    FROM named AS n
    LEFT JOIN nameless AS s ON s.tenant_id = n.tenant_id AND s.kind = n.kind AND s.value = n.value
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
            WHEN c.kind = 'email' AND (
                regexp_full_match(c.value, $email_placeholder)
                -- non@non.fr, email@email.com: nobody's.
                OR contains(
                    '.' || split_part(c.value, '@', 2), '.' || split_part(c.value, '@', 1) || '.'
                )
            )
                THEN 'placeholder'
            WHEN c.kind = 'phone' AND regexp_full_match(c.bare, $phone_placeholder)
                THEN 'placeholder'
            WHEN b.value IS NOT NULL THEN 'business_own'
            WHEN c.people > $max_people THEN 'shared'
        END AS reason,
        c.records,
        c.names,
        c.people,
        c.earliest_no
    FROM counted AS c
    -- With an extension it is the business' own still.
    LEFT JOIN identity.business_identifiers AS b
        ON b.tenant_id = c.tenant_id
        AND b.kind = c.kind
        AND b.value = CASE c.kind WHEN 'phone' THEN c.bare ELSE c.value END
)
SELECT
    2 * earliest_no + CASE kind WHEN 'phone' THEN 1 ELSE 0 END AS identifier_no,
    tenant_id,
    kind,
    value,
    reason IS NULL AS usable,
    reason,
    records,
    people,
    names
FROM judged
WHERE earliest_no IS NOT NULL
UNION ALL
SELECT
    -row_number() OVER (ORDER BY tenant_id, kind, value),
    tenant_id, kind, value, reason IS NULL, reason, records, people, names
FROM judged
WHERE earliest_no IS NULL;
