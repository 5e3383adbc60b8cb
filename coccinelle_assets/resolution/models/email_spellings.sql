-- Distinct e-mail spellings; the plain ones are normalised here, the others wait for Python.
-- Grain: one row per spelling. Input: records. Output: spelling, value, settled.
-- Parameters: $plain, $reserved (resolution/normalize/emails.py).
SELECT
    spelling,
    CASE WHEN settled THEN lower(spelling) END AS value,
    settled
FROM (
    SELECT
        raw_email AS spelling,
        regexp_full_match(raw_email, $plain) AND NOT regexp_full_match(raw_email, $reserved)
            AS settled
    FROM records
    WHERE raw_email IS NOT NULL
    GROUP BY raw_email
) AS spellings
