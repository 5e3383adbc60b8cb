-- The one reading of dates in the warehouse: text to 'YYYY-MM-DD HH:MM:SS' in UTC, else NULL.
-- It reads exactly what live/sql/utc_timestamp.sql reads on the live database (SQLite's own
-- date formats: YYYY-MM-DD, 'T' or a space, HH:MM[:SS[.SSS]], Z or an offset of up to 14 hours).
-- Grain: scalar. Input: any text. Output: text of 19 characters or NULL.
CREATE OR REPLACE MACRO utc_timestamp(value) AS
CASE
    -- The two common shapes are already in UTC: no pattern is needed once the cast holds.
    WHEN length(value) = 19 AND value LIKE '____-__-__ __:__:__' AND substr(value, 12, 2) < '24'
        AND substr(value, 19, 1) BETWEEN '0' AND '9'
    THEN strftime(TRY_CAST(value AS TIMESTAMP), '%Y-%m-%d %H:%M:%S')
    WHEN length(value) = 20 AND value LIKE '____-__-__T__:__:__Z' AND substr(value, 12, 2) < '24'
        AND substr(value, 19, 1) BETWEEN '0' AND '9'
    THEN strftime(TRY_CAST(value AS TIMESTAMP), '%Y-%m-%d %H:%M:%S')
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
            COALESCE(
                TRY_CAST(regexp_extract(value, '.{16}.*([+-]\d{2}):\d{2}[\s\x0b]*$', 1) AS INTEGER), 0
            ) * 3600
            + COALESCE(
                TRY_CAST(
                    regexp_extract(value, '.{16}.*([+-])\d{2}:\d{2}[\s\x0b]*$', 1)
                    || regexp_extract(value, '.{16}.*[+-]\d{2}:(\d{2})[\s\x0b]*$', 1) AS INTEGER
                ),
                0
            ) * 60
            -- SQLite rounds to milliseconds where it applies an offset, and cuts elsewhere.
            - CASE
                WHEN
                    regexp_full_match(value, '.{19}\.999[5-9]\d*[\s\x0b]*[+-].{5}[\s\x0b]*')
                    AND NOT regexp_full_match(value, '.*00:00[\s\x0b]*')
                THEN 1
                ELSE 0
            END
        ),
        '%Y-%m-%d %H:%M:%S'
    ), '^.{19}$', 0), '')
END;
