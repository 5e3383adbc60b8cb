-- Offenders: customers of a tenant that does not exist. Grain: one row per tenant named.
SELECT c.tenant_id, COUNT(*) AS customers, MIN(c.id) AS id
FROM customers AS c
WHERE c.tenant_id IS NULL
    OR c.tenant_id NOT IN (SELECT t.id FROM tenants AS t WHERE t.id IS NOT NULL)
GROUP BY c.tenant_id
