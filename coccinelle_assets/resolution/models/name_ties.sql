-- Identifiers that tie only records whose names agree: what each record is tied by instead.
-- Grain: one row per record and such identifier. Input: temp.name_groups (identifier_no, person, '' for
-- records without a name; group_no), identity.identifiers, contacts, more_details.
-- Output: identity.name_ties(record_no, identifier_no, tie_no); tie_no is below every identifier_no.
CREATE OR REPLACE TABLE identity.name_ties AS
WITH
held AS (
    SELECT DISTINCT i.identifier_no, c.record_no, COALESCE(c.person, '') AS person
    FROM identity.identifiers AS i
    JOIN identity.contacts AS c ON c.tenant_id = i.tenant_id AND c.email = i.value
    WHERE i.kind = 'email'
        AND i.identifier_no IN (SELECT CAST(identifier_no AS BIGINT) FROM name_groups)
    UNION
    SELECT i.identifier_no, c.record_no, COALESCE(c.person, '')
    FROM identity.identifiers AS i
    JOIN identity.contacts AS c ON c.tenant_id = i.tenant_id AND c.phone = i.value
    WHERE i.kind = 'phone'
        AND i.identifier_no IN (SELECT CAST(identifier_no AS BIGINT) FROM name_groups)
    UNION
    SELECT i.identifier_no, c.record_no, COALESCE(c.person, '')
    FROM identity.identifiers AS i
    JOIN identity.more_details AS d
        ON d.value = i.value AND d.kind = i.kind AND d.tenant_id = i.tenant_id
    JOIN identity.contacts AS c ON c.record_no = d.record_no
    WHERE i.identifier_no IN (SELECT CAST(identifier_no AS BIGINT) FROM name_groups)
)
SELECT
    h.record_no,
    h.identifier_no,
    -2000000000000 - CAST(g.group_no AS BIGINT) AS tie_no
FROM held AS h
JOIN name_groups AS g
    ON CAST(g.identifier_no AS BIGINT) = h.identifier_no
    AND g.person = h.person;
