-- The one reading of dates in the warehouse: text to a moment in UTC, whole seconds, else NULL.
-- It reads exactly what live/sql/utc_timestamp.sql reads on the live database (SQLite's own
-- date formats: YYYY-MM-DD, 'T' or a space, HH:MM[:SS[.SSS]], Z or an offset of up to 14 hours, also
-- without its colon; seconds or milliseconds since 1970, of ten or thirteen digits).
-- Grain: scalar. Input: any text. Output: TIMESTAMP or NULL; utc_text writes it as text.
CREATE OR REPLACE MACRO utc_text(moment) AS strftime(moment, '%Y-%m-%d %H:%M:%S');

-- The offset at the end of a date that has one, in seconds: '+02:00' and '+0200' are 7200.
CREATE OR REPLACE MACRO utc_offset(ending) AS
COALESCE(
    CASE substr(ending, 1, 1) WHEN '+' THEN 1 WHEN '-' THEN -1 END
    * (
        TRY_CAST(substr(ending, 2, 2) AS INTEGER) * 3600
        + TRY_CAST(right(ending, 2) AS INTEGER) * 60
    ),
    0
);

-- A date that an offset moves out of the years 0 to 9999 is none.
CREATE OR REPLACE MACRO in_range(moment) AS
CASE
    WHEN moment BETWEEN TIMESTAMP '0001-01-01 (BC) 00:00:00' AND TIMESTAMP '9999-12-31 23:59:59'
    THEN moment
END;

CREATE OR REPLACE MACRO utc_timestamp(value) AS
CASE
    -- The two common shapes need no pattern.
    WHEN (value LIKE '____-__-__ __:__:__' OR value LIKE '____-__-__T__:__:__Z')
        AND substr(value, 12, 2) < '24'
        AND substr(value, 19, 1) BETWEEN '0' AND '9'
    THEN TRY_CAST(value AS TIMESTAMP)
    -- The next two, a fraction or an offset, have their parts in fixed places; between these years
    -- no offset leads out of range.
    WHEN value BETWEEN '0001' AND '9999'
        AND regexp_full_match(
            value,
            '\d{4}-\d\d-\d\d[ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+Z?|[+-](0\d|1[0-4]):?[0-5]\d)'
        )
    THEN TRY_CAST(substr(value, 1, 19) AS TIMESTAMP) - to_seconds(utc_offset(substr(value, 20)))
    WHEN regexp_full_match(
        value,
        '\d{4}-\d{2}-\d{2}([ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?([\s\x0b]*(Z|z|[+-](0\d|1[0-4]):[0-5]\d)?[\s\x0b]*|[\s\x0b]*[+-](0\d|1[0-4])[0-5]\d))?'
    )
    THEN in_range(
        TRY_CAST(
            substr(value, 1, 10) || ' ' || CASE
                WHEN substr(value, 17, 1) = ':' THEN substr(value, 12, 8)
                WHEN length(value) > 10 THEN substr(value, 12, 5) || ':00'
                ELSE '00:00:00'
            END AS TIMESTAMP
        ) - to_seconds(
            CASE
                WHEN length(value) <= 16 OR contains(upper(value), 'Z') THEN 0
                ELSE utc_offset(regexp_extract(value, '([+-]\d\d:?\d\d)[\s\x0b]*$', 1))
            END
            -- SQLite rounds to milliseconds where it applies an offset, and cuts elsewhere.
            - CASE
                WHEN substr(value, 20, 4) = '.999'
                    AND regexp_full_match(value, '.{19}\.999[5-9]\d*[\s\x0b]*[+-].{4,5}[\s\x0b]*')
                    AND NOT regexp_full_match(value, '.*00:?00[\s\x0b]*')
                THEN 1
                ELSE 0
            END
        )
    )
    WHEN regexp_full_match(value, '[1-9](\d{9}|\d{12})(\.\d+)?')
    THEN make_timestamp(CAST(substr(value, 1, 10) AS BIGINT) * 1000000)
END;
