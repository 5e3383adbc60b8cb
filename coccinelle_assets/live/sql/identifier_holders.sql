-- Which customer holds the e-mail or phone that another one claims. Grain: one row per claim and
-- holder. Input: {claims}, a query of id, tenant_id and {identifier}; customers.
-- Output: temp.waiting_customers(id, holder_id).
-- An identifier may be held in many tenants, and a tenant has many customers: whoever holds a claimed
-- one is found first, then matched by both.
INSERT INTO waiting_customers
WITH
claims AS MATERIALIZED ({claims}),
holders AS MATERIALIZED (
    SELECT id, tenant_id, {identifier}
    FROM customers
    WHERE {identifier} IN (SELECT {identifier} FROM claims)
)
SELECT n.id, h.id
FROM claims AS n
CROSS JOIN holders AS h ON h.{identifier} = n.{identifier} AND h.tenant_id = n.tenant_id
WHERE h.id <> n.id
