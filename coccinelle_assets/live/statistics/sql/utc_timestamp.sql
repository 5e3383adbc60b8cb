-- The one reading of dates on the live database: SQLite's own formats, +0100 for +01:00, and seconds
-- or milliseconds since 1970 of ten or thirteen digits, to UTC, else NULL. Any other bare number,
-- 'now' or 30 February is no date here; resolution/models/timestamps.sql reads the same.
-- The patterns only tell the forms apart: datetime() refuses what is no digit or out of range, but
-- for day 29 to 31, hour 24 and more than one space. D1 takes no pattern of more than 50 bytes.
-- Grain: scalar. Input: {value}. Output: 'YYYY-MM-DD HH:MM:SS' or NULL.
iif(
    ({value} GLOB '????-??-??[ T]??:*' OR {value} GLOB '????-??-??')
    AND substr({value}, 12, 2) < '24'
    AND (
        substr({value}, 9, 2) < '29'
        OR date(substr({value}, 1, 10), '+0 days') = substr({value}, 1, 10)
    ),
    datetime(
        iif(
            {value} GLOB '????-??-??[ T]??:*[+-][0-9][0-9][0-9][0-9]',
            substr({value}, 1, length({value}) - 2) || ':' || substr({value}, -2),
            {value}
        )
    ),
    iif(
        {value} GLOB '[1-9]*'
        AND trim({value}, '0123456789.') = ''
        AND {value} NOT GLOB '*.*.*'
        AND {value} NOT GLOB '*.'
        AND iif(instr({value}, '.') = 0, length({value}), instr({value}, '.') - 1) IN (10, 13),
        datetime(CAST(substr({value}, 1, 10) AS INTEGER), 'unixepoch'),
        NULL
    )
)
