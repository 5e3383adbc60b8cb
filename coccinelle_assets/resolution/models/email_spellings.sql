-- Distinct e-mail spellings; the plain ones are normalised here, the others wait for Python.
-- Grain: one row per spelling. Input: records. Output: spelling, value, settled.
-- Parameters: $plain, $reserved (resolution/normalize/emails.py).
SELECT
    spelling,
    CASE WHEN settled THEN lower(address) END AS value,
    settled
FROM (
    SELECT
        spelling,
        address,
        address <> '' AND NOT regexp_full_match(address, $reserved) AS settled
    FROM (
        SELECT raw_email AS spelling, regexp_extract(raw_email, $plain, 1) AS address
        FROM records
        WHERE raw_email IS NOT NULL
        GROUP BY raw_email
    ) AS spellings
) AS judged
