-- Source records with their details normalised.
-- Grain: one row per source record. Input: temp.records, record_numbers and the spellings tables.
-- Output: identity.contacts. person is the name as a key: lower case, no accents, words in order
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
LEFT JOIN email_spellings AS e ON e.spelling = r.raw_email AND e.settled
LEFT JOIN phone_spellings AS t ON t.spelling = r.raw_phone AND t.settled;
