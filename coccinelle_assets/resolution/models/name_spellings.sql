-- Distinct names given whole; two words, one of them perhaps in capitals, are split here, behind a
-- title or without one; the others in Python.
-- Grain: one row per spelling. Input: temp.records. Output: spelling, first_name, last_name,
-- settled. Parameters: $title, $plain, $capitals, $special, $known (resolution/normalize/names.py).
SELECT
    spelling,
    CASE
        WHEN special THEN NULL
        WHEN plain AND NOT swapped THEN split_part(untitled, ' ', 1)
        WHEN plain OR capitals THEN split_part(untitled, ' ', 2)
    END AS first_name,
    CASE
        WHEN special THEN NULL
        WHEN plain AND NOT swapped THEN split_part(untitled, ' ', 2)
        WHEN plain OR capitals THEN split_part(untitled, ' ', 1)
    END AS last_name,
    (plain OR capitals) AND NOT special AS settled
FROM (
    SELECT
        spelling,
        untitled,
        regexp_full_match(untitled, $plain) AS plain,
        regexp_full_match(untitled, $capitals) AS capitals,
        regexp_full_match(lower(untitled), $special) AS special,
        -- Only the second word is a first name that is known.
        regexp_full_match(lower(split_part(untitled, ' ', 2)), $known)
        AND NOT regexp_full_match(lower(split_part(untitled, ' ', 1)), $known) AS swapped
    FROM (
        SELECT raw_last_name AS spelling, regexp_replace(raw_last_name, $title, '') AS untitled
        FROM records
        WHERE raw_last_name IS NOT NULL AND COALESCE(raw_first_name, '') = ''
        GROUP BY raw_last_name
    ) AS spellings
) AS judged
