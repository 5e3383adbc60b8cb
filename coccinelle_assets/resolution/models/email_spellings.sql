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
            email_spelling AS spelling,
            -- Most addresses have nothing around them.
            CASE
                WHEN regexp_full_match(email_spelling, $plain) THEN email_spelling
                ELSE regexp_replace(regexp_replace(email_spelling, $opening, ''), $closing, '')
            END AS address
        FROM records
        WHERE email_spelling IS NOT NULL
        GROUP BY email_spelling
    ) AS spellings
) AS judged
