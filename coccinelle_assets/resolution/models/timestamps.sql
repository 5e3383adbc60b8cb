-- The one reading of dates in the warehouse: text to 'YYYY-MM-DD HH:MM:SS' in UTC, else NULL.
-- It reads exactly what live/sql/utc_timestamp.sql reads on the live database (SQLite's own
-- date formats: YYYY-MM-DD, 'T' or a space, HH:MM[:SS[.SSS]], Z or an offset of up to 14 hours).
-- Grain: scalar. Input: any text. Output: text of 19 characters or NULL.
-- The offset at the end of a date that has one, in seconds: '+02:00' is 7200.
CREATE OR REPLACE MACRO utc_offset(ending) AS
COALESCE(
    CASE substr(ending, 1, 1) WHEN '+' THEN 1 WHEN '-' THEN -1 END
    * (
        TRY_CAST(substr(ending, 2, 2) AS INTEGER) * 3600
        + TRY_CAST(substr(ending, 5, 2) AS INTEGER) * 60
    ),
    0
);

CREATE OR REPLACE MACRO utc_timestamp(value) AS
CASE
    -- The two common shapes are in UTC already: no pattern is needed once the cast holds.
    WHEN value LIKE '____-__-__ __:__:__'
        AND substr(value, 12, 2) < '24'
        AND substr(value, 19, 1) BETWEEN '0' AND '9'
        AND TRY_CAST(value AS TIMESTAMP) IS NOT NULL
    THEN value
    WHEN value LIKE '____-__-__T__:__:__Z'
        AND substr(value, 12, 2) < '24'
        AND substr(value, 19, 1) BETWEEN '0' AND '9'
        AND TRY_CAST(value AS TIMESTAMP) IS NOT NULL
    THEN substr(value, 1, 10) || ' ' || substr(value, 12, 8)
    WHEN regexp_full_match(
        value,
        '\d{4}-\d{2}-\d{2}([ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?[\s\x0b]*(Z|z|[+-](0\d|1[0-4]):[0-5]\d)?[\s\x0b]*)?'
    )
    -- A date that an offset moves past the year 9999 is none.
    THEN nullif(regexp_extract(strftime(
        TRY_CAST(
            substr(value, 1, 10) || ' ' || CASE
                WHEN substr(value, 17, 1) = ':' THEN substr(value, 12, 8)
                WHEN length(value) > 10 THEN substr(value, 12, 5) || ':00'
                ELSE '00:00:00'
            END AS TIMESTAMP
        ) - to_seconds(
            CASE
                WHEN length(value) <= 16 OR contains(upper(value), 'Z') THEN 0
                WHEN right(value, 1) BETWEEN '0' AND '9' THEN utc_offset(right(value, 6))
                ELSE utc_offset(
                    right(regexp_extract(value, '^(.*\d)[\s\x0b]*$', 1), 6)
                )
            END
            -- SQLite rounds to milliseconds where it applies an offset, and cuts elsewhere.
            - CASE
                WHEN substr(value, 20, 4) = '.999'
                    AND regexp_full_match(value, '.{19}\.999[5-9]\d*[\s\x0b]*[+-].{5}[\s\x0b]*')
                    AND NOT regexp_full_match(value, '.*00:00[\s\x0b]*')
                THEN 1
                ELSE 0
            END
        ),
        '%Y-%m-%d %H:%M:%S'
    ), '^.{19}$', 0), '')
END;
