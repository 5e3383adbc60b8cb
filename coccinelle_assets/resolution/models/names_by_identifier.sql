-- The names under which some identifiers are used. Grain: one row per identifier and name, '' for
-- records without one. Input: temp.asked (identifier_no), identity.identifiers, identity.holders.
SELECT DISTINCT i.identifier_no, COALESCE(h.person, '') AS person
FROM identity.identifiers AS i
JOIN identity.holders AS h
    ON h.value = i.value
    AND h.kind = i.kind
    AND h.tenant_id = i.tenant_id
WHERE i.identifier_no IN (SELECT CAST(identifier_no AS BIGINT) FROM asked)
ORDER BY i.identifier_no, length(person) DESC, person
