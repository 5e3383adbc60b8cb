-- Identifiers that tie only records whose names agree: what each record is tied by instead.
-- Grain: one row per record and such identifier. Input: temp.name_groups (identifier_no, person, '' for
-- records without a name; group_no), identity.identifiers, identity.holders.
-- Output: identity.name_ties(record_no, identifier_no, tie_no); tie_no is below every identifier_no.
CREATE OR REPLACE TABLE identity.name_ties AS
SELECT DISTINCT
    h.record_no,
    i.identifier_no,
    -2000000000000 - CAST(g.group_no AS BIGINT) AS tie_no
FROM name_groups AS g
JOIN identity.identifiers AS i ON i.identifier_no = CAST(g.identifier_no AS BIGINT)
JOIN identity.holders AS h
    ON h.value = i.value
    AND h.kind = i.kind
    AND h.tenant_id = i.tenant_id
    AND COALESCE(h.person, '') = g.person;
