-- Readings that an earlier run left to the ones after it, by the same rules.
-- Grain: one row per spelling that the patterns leave and that is known.
-- Input: readings.{spellings}, temp.{spellings}. Output: temp.{spellings}. Parameter: $rules.
INSERT INTO {spellings} ({columns}, settled)
SELECT {of_kept}, TRUE
FROM {spellings} AS w
JOIN readings.{spellings} AS k ON {same}
WHERE NOT w.settled AND k.rules = $rules
