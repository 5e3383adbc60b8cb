-- The one reading of dates on the live database: SQLite's own formats to UTC, else NULL. A bare
-- number, 'now' or 30 February is no date here; resolution/models/timestamps.sql reads the same.
-- In two patterns, since D1 takes none of more than 50 bytes.
-- Grain: scalar. Input: {value}. Output: 'YYYY-MM-DD HH:MM:SS' or NULL.
CASE
    -- Most values are in the output's form already.
    WHEN datetime({value}) = {value}
        AND substr({value}, 9, 2) < '29'
        AND substr({value}, 12, 2) < '24'
    THEN {value}
    WHEN
        substr({value}, 1, 10) GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'
        AND (
            substr({value}, 11) = '' OR substr({value}, 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]*'
        )
        AND substr({value}, 12, 2) < '24'
        AND (
            substr({value}, 9, 2) < '29'
            OR date(substr({value}, 1, 10), '+0 days') = substr({value}, 1, 10)
        )
    THEN datetime({value})
END
