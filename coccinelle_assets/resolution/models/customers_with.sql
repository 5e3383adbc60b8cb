-- The customers that an e-mail or phone ties: in each tenant one at most,
-- but of those that tie only where names agree.
-- Grain: one row per customer, by tenant. Input: identity.identifiers, contacts, more_details,
-- members, ssot.crosswalk. Parameters: {identifier}, email or phone, and $value, normalised.
WITH
usable AS MATERIALIZED (
    SELECT tenant_id
    FROM identity.identifiers
    WHERE value = $value AND kind = '{identifier}' AND usable
),
holders AS MATERIALIZED (
    SELECT record_no
    FROM identity.contacts
    WHERE {identifier} = $value AND tenant_id IN (SELECT tenant_id FROM usable)
    UNION
    SELECT c.record_no
    FROM identity.more_details AS d
    JOIN identity.contacts AS c ON c.record_no = d.record_no
    WHERE d.kind = '{identifier}' AND d.value = $value
        AND c.tenant_id IN (SELECT tenant_id FROM usable)
),
clusters AS MATERIALIZED (
    SELECT DISTINCT cluster_no
    FROM identity.members
    WHERE record_no IN (SELECT record_no FROM holders)
)
SELECT customer_id
FROM ssot.crosswalk
WHERE cluster_no IN (SELECT cluster_no FROM clusters)
ORDER BY tenant_id, customer_id
