-- Distinct phone spellings; plain French numbers are normalised here, the others wait for Python.
-- Grain: one row per spelling. Input: records. Output: spelling, value, settled.
-- Parameters: $plain, $separators (resolution/normalize/phones.py).
SELECT
    spelling,
    CASE WHEN length(national_number) = 9 THEN '+33' || national_number END AS value,
    length(national_number) = 9 AS settled
FROM (
    SELECT
        raw_phone AS spelling,
        regexp_extract(translate(raw_phone, $separators, ''), $plain, 1)
            AS national_number
    FROM records
    WHERE raw_phone IS NOT NULL
    GROUP BY raw_phone
) AS spellings
