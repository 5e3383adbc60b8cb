-- The names under which some identifiers are used. Grain: one row per identifier and name, '' for
-- records without one. Input: temp.asked (identifier_no), identity.identifiers, contacts, more_details.
-- E-mails and phones apart: a join on either would compare identifiers and records by tenant alone.
WITH
asked_for AS (
    SELECT identifier_no, tenant_id, kind, value
    FROM identity.identifiers
    WHERE identifier_no IN (SELECT CAST(identifier_no AS BIGINT) FROM asked)
),
named AS (
    SELECT i.identifier_no, COALESCE(c.person, '') AS person
    FROM asked_for AS i
    JOIN identity.contacts AS c ON c.tenant_id = i.tenant_id AND c.email = i.value
    WHERE i.kind = 'email'
    UNION
    SELECT i.identifier_no, COALESCE(c.person, '')
    FROM asked_for AS i
    JOIN identity.contacts AS c ON c.tenant_id = i.tenant_id AND c.phone = i.value
    WHERE i.kind = 'phone'
    UNION
    SELECT i.identifier_no, COALESCE(c.person, '')
    FROM asked_for AS i
    JOIN identity.more_details AS d
        ON d.value = i.value AND d.kind = i.kind AND d.tenant_id = i.tenant_id
    JOIN identity.contacts AS c ON c.record_no = d.record_no
)
SELECT identifier_no, person
FROM named
ORDER BY identifier_no, length(person) DESC, person
