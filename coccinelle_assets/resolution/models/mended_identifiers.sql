-- Identifiers that only looked shared, since one name was spelled in many ways: they are usable.
-- Grain: one row per identifier. Input: temp.mended (identifier_no, people, as text).
-- Output: identity.identifiers.
UPDATE identity.identifiers
SET usable = TRUE, reason = NULL, people = CAST(m.people AS BIGINT)
FROM mended AS m
WHERE identifiers.identifier_no = CAST(m.identifier_no AS BIGINT);
