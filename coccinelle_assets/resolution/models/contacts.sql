-- Source records with their details normalised.
-- Grain: one row per source record. Input: temp.records, record_numbers and the spellings tables.
-- Output: identity.contacts. email and phone are what ties; email_shown and phone_shown how a
-- customer's row has them, where that differs (models/mailbox.sql, extensions). person is the name as a key: lower case, no accents, words in order
-- of the alphabet, so that "DUPONT Jean" and "Jean Dupont" are one person; NULL without a name.
CREATE OR REPLACE TABLE identity.contacts AS
WITH
whole_names AS (
    SELECT
        spelling AS raw_last_name,
        '' AS raw_first_name,
        first_name,
        last_name
    FROM name_spellings
    WHERE settled
    UNION ALL
    SELECT raw_last_name, raw_first_name, first_name, last_name
    FROM pair_spellings
    WHERE settled
),
names AS (
    SELECT
        raw_first_name,
        raw_last_name,
        first_name,
        last_name,
        nullif(array_to_string(list_sort(string_split(words, ' ')), ' '), '') AS person
    FROM (
        SELECT
            raw_first_name,
            raw_last_name,
            first_name,
            last_name,
            -- Most names are plain words already.
            CASE
                WHEN regexp_full_match(name, '[a-z]+( [a-z]+)*') THEN name
                ELSE trim(
                    regexp_replace(
                        translate(
                            -- Accents that are characters of their own (Unicode NFD) go as well.
                            regexp_replace(name, '\p{M}+', '', 'g'),
                            'àáâãäåçèéêëìíîïñòóôõöùúûüýÿ', 'aaaaaaceeeeiiiinooooouuuuyy'
                        ),
                        '[^\p{L}]+', ' ', 'g'
                    )
                )
            END AS words
        FROM (
            SELECT
                *,
                trim(lower(COALESCE(first_name, '') || ' ' || COALESCE(last_name, ''))) AS name
            FROM whole_names
        ) AS lowered
    ) AS cleaned
)
SELECT
    o.record_no,
    r.tenant_id,
    r.source_table,
    r.source_id,
    n.first_name,
    n.last_name,
    e.value AS email,
    t.value AS phone,
    e.shown AS email_shown,
    t.shown AS phone_shown,
    r.raw_email,
    r.raw_phone,
    r.channel,
    r.stage,
    r.prospect_id,
    o.observed_at,
    o.changed_at,
    o.contacted_at,
    r.origin,
    r.customer_id,
    n.person
FROM records AS r
JOIN record_numbers AS o ON o.source_order = r.source_order AND o.row_id = r.row_id
LEFT JOIN names AS n
    ON n.raw_first_name = COALESCE(r.raw_first_name, '')
    AND n.raw_last_name = COALESCE(r.raw_last_name, '')
LEFT JOIN email_spellings AS e ON e.spelling = r.email_spelling AND e.settled
LEFT JOIN phone_spellings AS t ON t.spelling = r.phone_spelling AND t.settled;

-- Details beyond the one of a kind that a column is for: several in one, or one in the other's.
-- Grain: one row per record, column and such detail. Output: temp.found_details.
CREATE OR REPLACE TEMP TABLE found_details AS
WITH
spelled AS (
    SELECT spelling, 'email' AS of_column, more FROM email_spellings WHERE settled AND more <> ''
    UNION ALL
    SELECT spelling, 'phone', more FROM phone_spellings WHERE settled AND more <> ''
),
held AS (
    SELECT r.source_order, r.row_id, s.of_column, s.more
    FROM records AS r
    JOIN spelled AS s ON s.of_column = 'email' AND s.spelling = r.email_spelling
    UNION ALL
    SELECT r.source_order, r.row_id, s.of_column, s.more
    FROM records AS r
    JOIN spelled AS s ON s.of_column = 'phone' AND s.spelling = r.phone_spelling
),
details AS (
    SELECT
        source_order,
        row_id,
        of_column,
        string_split(unnest(string_split(more, chr(30))), chr(31)) AS detail
    FROM held
)
SELECT
    o.record_no,
    d.of_column,
    d.detail[1] AS kind,
    d.detail[2] AS value,
    d.detail[3] AS shown
FROM details AS d
JOIN record_numbers AS o ON o.source_order = d.source_order AND o.row_id = d.row_id;

-- Columns of which something was read, though perhaps nothing of their own kind.
-- Grain: one row per record and column. Output: identity.read_columns(record_no, of_column).
CREATE OR REPLACE TABLE identity.read_columns AS
SELECT DISTINCT record_no, of_column FROM found_details;

-- What a contact has no room for: beyond one e-mail and one phone. Grain: one row per record and detail.
-- Output: identity.more_details(record_no, tenant_id, kind, value: what ties, shown).
CREATE OR REPLACE TABLE identity.more_details AS
SELECT d.record_no, c.tenant_id, d.kind, d.value, min(d.shown) AS shown
FROM found_details AS d
JOIN identity.contacts AS c ON c.record_no = d.record_no
WHERE d.value IS DISTINCT FROM CASE d.kind WHEN 'email' THEN c.email ELSE c.phone END
GROUP BY d.record_no, c.tenant_id, d.kind, d.value;
DROP TABLE temp.found_details;

-- Who holds what. Grain: one row per record and detail. Output: identity.holders, a view of contacts and
-- more_details.
CREATE OR REPLACE VIEW identity.holders AS
SELECT record_no, tenant_id, 'email' AS kind, email AS value, person
FROM identity.contacts
WHERE email IS NOT NULL
UNION ALL
SELECT record_no, tenant_id, 'phone', phone, person FROM identity.contacts WHERE phone IS NOT NULL
UNION ALL
SELECT d.record_no, d.tenant_id, d.kind, d.value, c.person
FROM identity.more_details AS d
JOIN identity.contacts AS c ON c.record_no = d.record_no;
