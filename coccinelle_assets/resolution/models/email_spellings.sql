-- Distinct e-mail spellings; the plain ones are normalised here, the others wait for Python.
-- Grain: one row per spelling. Input: records. Output: spelling, value (what ties), shown (the
-- address where it is another one), more (other details, resolution/normalize/details.py), settled.
-- Parameters: $plain, $opening, $closing, $reserved (resolution/normalize/emails.py).
SELECT
    spelling,
    CASE WHEN settled THEN mailbox(address) END AS value,
    CASE WHEN settled THEN nullif(address, mailbox(address)) END AS shown,
    CAST(NULL AS VARCHAR) AS more,
    settled
FROM (
    SELECT
        spelling,
        lower(address) AS address,
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
