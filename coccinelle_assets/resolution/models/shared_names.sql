-- The names under which identifiers that look shared are used. Grain: one row per identifier
-- and name. Input: identity.identifiers, identity.contacts,
-- identity.more_details. Parameter: $max_names per identifier.
-- E-mails and phones apart: a join on either would compare identifiers and records by tenant alone.
WITH
looking_shared AS (
    SELECT identifier_no, tenant_id, kind, value, people - names AS nameless
    FROM identity.identifiers
    WHERE reason = 'shared' AND people <= $max_names AND kind <> 'prospect_id'
),
named AS (
    SELECT i.identifier_no, i.nameless, c.person
    FROM looking_shared AS i
    JOIN identity.contacts AS c ON c.tenant_id = i.tenant_id AND c.email = i.value
    WHERE i.kind = 'email' AND c.person IS NOT NULL
    UNION
    SELECT i.identifier_no, i.nameless, c.person
    FROM looking_shared AS i
    JOIN identity.contacts AS c ON c.tenant_id = i.tenant_id AND c.phone = i.value
    WHERE i.kind = 'phone' AND c.person IS NOT NULL
    UNION
    SELECT i.identifier_no, i.nameless, c.person
    FROM looking_shared AS i
    JOIN identity.more_details AS d
        ON d.value = i.value AND d.kind = i.kind AND d.tenant_id = i.tenant_id
    JOIN identity.contacts AS c ON c.record_no = d.record_no
    WHERE c.person IS NOT NULL
)
SELECT identifier_no, nameless, person
FROM named
ORDER BY identifier_no, length(person) DESC, person
