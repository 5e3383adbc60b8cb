-- Distinct phone spellings; plain numbers of any country are normalised here, the others wait for
-- Python. Grain: one row per spelling. Input: temp.phone_digits, the macros of
-- resolution/normalize/numbering_plans.py. Output: spelling, value (what ties), shown (the number
-- where that is another text), more (other details, resolution/normalize/details.py), settled.
SELECT
    spelling,
    CASE WHEN settled THEN '+' || country_code || number END AS value,
    CAST(NULL AS VARCHAR) AS shown,
    CAST(NULL AS VARCHAR) AS more,
    settled
FROM (
    SELECT
        spelling,
        country_code,
        number,
        COALESCE(is_phone_number(country_code, number), FALSE) AS settled
    FROM (
        SELECT spelling, country_code, national_number(country_code, digits) AS number
        FROM phone_digits
    ) AS numbers
) AS judged
