-- Distinct names given whole; two plain capitalised words are split here, the others in Python.
-- Grain: one row per spelling. Input: temp.records. Output: spelling, first_name, last_name,
-- settled. Parameters: $plain, $special (resolution/normalize/names.py; full-match patterns).
SELECT
    spelling,
    CASE WHEN settled THEN split_part(spelling, ' ', 1) END AS first_name,
    CASE WHEN settled THEN split_part(spelling, ' ', 2) END AS last_name,
    settled
FROM (
    SELECT
        raw_last_name AS spelling,
        regexp_full_match(raw_last_name, $plain)
        AND NOT regexp_full_match(lower(raw_last_name), $special) AS settled
    FROM records
    WHERE raw_last_name IS NOT NULL AND COALESCE(raw_first_name, '') = ''
    GROUP BY raw_last_name
) AS spellings
