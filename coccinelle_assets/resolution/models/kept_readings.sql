-- What Python read, kept for the next run; readings that no record needs any more go, but for those
-- of tenants outside a wave. Grain: one row per spelling. Input: temp.{spellings}, readings.{spellings},
-- source.wave. Output: readings.{spellings}. Parameter: $rules.
CREATE OR REPLACE TABLE readings.{spellings} AS
SELECT {of_kept}, $rules AS rules
FROM {spellings} AS k
JOIN {spellings} AS w ON {same}
WHERE k.settled AND NOT w.settled
UNION
SELECT {columns}, rules
FROM readings.{spellings}
WHERE rules = $rules AND EXISTS (SELECT 1 FROM source.wave)
