-- The one reading of dates on the live database: SQLite's own formats to UTC, else NULL. A bare
-- number, 'now' or 30 February is no date here; resolution/models/timestamps.sql reads the same.
-- The patterns only tell the forms apart: datetime() refuses what is no digit or out of range, but
-- for day 29 to 31, hour 24 and more than one space. D1 takes no pattern of more than 50 bytes.
-- Grain: scalar. Input: {value}. Output: 'YYYY-MM-DD HH:MM:SS' or NULL.
CASE
    WHEN
        ({value} GLOB '????-??-??[ T]??:*' OR {value} GLOB '????-??-??')
        AND substr({value}, 12, 2) < '24'
        AND (
            substr({value}, 9, 2) < '29'
            OR date(substr({value}, 1, 10), '+0 days') = substr({value}, 1, 10)
        )
    THEN datetime({value})
END
