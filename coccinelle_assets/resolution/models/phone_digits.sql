-- Distinct phone spellings as digits, and the country that they are of, where both are plain.
-- Grain: one row per spelling. Input: records. Output: temp.phone_digits(spelling, country_code,
-- digits: what follows the country code); country_code is NULL where only the library can tell.
-- Parameters: $usual, $opening, $closing, $written, $read (resolution/normalize/phones.py),
-- $slash, $withheld, $overseas, $overseas_prefixes, $overseas_codes, $code_is_dialled (there, too), $home_code, $dials_abroad,
-- $one_digit, $two_digits, $three_digits (numbering_plans.py beside it).
CREATE OR REPLACE TEMP TABLE phone_digits AS
WITH
spellings AS (
    SELECT phone_spelling AS spelling, translate(phone_spelling, $usual, '') AS bare
    FROM records
    WHERE phone_spelling IS NOT NULL
    GROUP BY phone_spelling
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
numbers AS (
    SELECT
        spelling,
        CASE
            -- What telephone providers send for a caller who withholds the number.
            WHEN regexp_full_match(digits, $withheld) THEN NULL
            -- Dots may stand for digits that are hidden.
            WHEN contains(spelling, '..') THEN NULL
            -- A slash may stand between two numbers.
            WHEN regexp_matches(spelling, $slash)
                AND NOT regexp_full_match(spelling, '\d\d(/\d\d){4}')
                THEN NULL
            ELSE digits
        END AS digits
    FROM written
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
                -- A WhatsApp account's number has a country code.
                AND (starts_with(digits, '0') OR NOT starts_with(spelling, 'whatsapp:'))
                THEN digits
        END AS domestic
    FROM numbers
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
),
located AS (
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
    FROM placed
),
-- Overseas France is dialled like the rest of it and has codes of its own.
overseas AS (
    SELECT
        spelling,
        country_code,
        digits,
        CASE
            WHEN country_code = 33 AND regexp_full_match(digits, $overseas)
                THEN regexp_extract(digits, '^0?(\d{3})', 1)
        END AS prefix
    FROM located
)
SELECT
    spelling,
    CASE
        WHEN prefix IS NULL THEN country_code
        ELSE CAST(list_extract($overseas_codes, list_position($overseas_prefixes, prefix)) AS INTEGER)
    END AS country_code,
    CASE
        WHEN prefix IS NULL THEN digits
        WHEN prefix = $code_is_dialled THEN right(digits, 6)
        ELSE right(digits, 9)
    END AS digits
FROM overseas;
