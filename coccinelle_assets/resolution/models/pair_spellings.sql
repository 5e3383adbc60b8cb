-- Distinct names given in two columns; plain ones stay as they are, the others wait for Python.
-- Grain: one row per (raw_first_name, raw_last_name), NULL read as ''. Input: records.
-- Output: raw_first_name, raw_last_name, first_name, last_name, settled. Parameters: $plain, $special.
SELECT
    raw_first_name,
    raw_last_name,
    CASE WHEN settled THEN raw_first_name END AS first_name,
    CASE WHEN settled THEN raw_last_name END AS last_name,
    settled
FROM (
    SELECT
        raw_first_name,
        COALESCE(raw_last_name, '') AS raw_last_name,
        regexp_full_match(raw_first_name, $plain)
        AND regexp_full_match(COALESCE(raw_last_name, ''), $plain)
        AND NOT regexp_full_match(lower(raw_first_name), $special)
        AND NOT regexp_full_match(lower(COALESCE(raw_last_name, '')), $special) AS settled
    FROM records
    WHERE raw_first_name <> ''
    GROUP BY raw_first_name, COALESCE(raw_last_name, '')
) AS spellings
