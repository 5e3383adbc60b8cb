-- Distinct e-mail spellings; the plain ones are normalised here, the others wait for Python.
-- Grain: one row per spelling. Input: records. Output: spelling, value, settled.
-- Parameters: $plain, $opening, $closing, $reserved (resolution/normalize/emails.py).
SELECT
    spelling,
    CASE WHEN settled THEN lower(address) END AS value,
    settled
FROM (
    SELECT
        spelling,
        address,
        regexp_full_match(address, $plain) AND NOT regexp_full_match(address, $reserved) AS settled
    FROM (
        SELECT
            raw_email AS spelling,
            -- Most addresses have nothing around them.
            CASE
                WHEN regexp_full_match(raw_email, $plain) THEN raw_email
                ELSE regexp_replace(regexp_replace(raw_email, $opening, ''), $closing, '')
            END AS address
        FROM records
        WHERE raw_email IS NOT NULL
        GROUP BY raw_email
    ) AS spellings
) AS judged
