-- The names under which identifiers that look shared are used. Grain: one row per identifier
-- and name. Input: identity.identifiers, identity.contacts. Parameter: $max_names per identifier.
SELECT i.identifier_no, c.person
FROM identity.identifiers AS i
JOIN identity.contacts AS c
    ON c.tenant_id = i.tenant_id
    AND (
        CASE i.kind WHEN 'email' THEN c.email ELSE c.phone END
    ) = i.value
WHERE i.reason = 'shared' AND i.people <= $max_names AND c.person IS NOT NULL
GROUP BY i.identifier_no, c.person
ORDER BY i.identifier_no, length(c.person) DESC, c.person
