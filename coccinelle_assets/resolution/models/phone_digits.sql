-- Distinct phone spellings as digits, and the country that they are of, where both are plain.
-- Grain: one row per spelling. Input: records. Output: temp.phone_digits(spelling, country_code,
-- digits: what follows the country code); country_code is NULL where only the library can tell.
-- Parameters: $usual, $opening, $closing, $written, $read (resolution/normalize/phones.py),
-- $home_code, $dials_abroad, $one_digit, $two_digits, $three_digits (numbering_plans.py beside it).
CREATE OR REPLACE TEMP TABLE phone_digits AS
WITH
spellings AS (
    SELECT raw_phone AS spelling, translate(raw_phone, $usual, '') AS bare
    FROM records
    WHERE raw_phone IS NOT NULL
    GROUP BY raw_phone
),
written AS (
    SELECT
        spelling,
        -- Most have nothing but the usual separators, which are few: translate() takes longer with
        -- each character that it knows.
        CASE
            WHEN regexp_full_match(bare, '\+?[0-9]*') THEN bare
            ELSE translate(
                regexp_replace(regexp_replace(spelling, $opening, ''), $closing, ''),
                $written,
                $read
            )
        END AS digits
    FROM spellings
),
dialled AS (
    SELECT
        spelling,
        CASE
            WHEN regexp_full_match(digits, '\+[1-9][0-9]{5,15}') THEN substr(digits, 2)
            WHEN $dials_abroad = '00' AND regexp_full_match(digits, '00[1-9][0-9]{5,15}')
                THEN substr(digits, 3)
        END AS international,
        CASE
            WHEN regexp_full_match(digits, '[0-9]{4,17}')
                AND NOT starts_with(digits, CAST($home_code AS VARCHAR))
                AND regexp_extract(digits, '^(?:' || $dials_abroad || ')') = ''
                THEN digits
        END AS domestic
    FROM written
),
placed AS (
    SELECT
        spelling,
        international,
        domestic,
        CASE
            WHEN list_contains($one_digit, substr(international, 1, 1)) THEN 1
            WHEN list_contains($two_digits, substr(international, 1, 2)) THEN 2
            WHEN list_contains($three_digits, substr(international, 1, 3)) THEN 3
        END AS code_length
    FROM dialled
)
SELECT
    spelling,
    CASE
        WHEN international IS NULL THEN CASE WHEN domestic IS NOT NULL THEN $home_code END
        ELSE CAST(substr(international, 1, code_length) AS INTEGER)
    END AS country_code,
    CASE
        WHEN international IS NULL THEN domestic
        ELSE substr(international, code_length + 1)
    END AS digits
FROM placed;
