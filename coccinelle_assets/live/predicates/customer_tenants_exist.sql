-- Offenders: customers of a tenant that does not exist. Grain: one row per tenant named.
SELECT c.tenant_id, COUNT(*) AS customers, MIN(c.id) AS id
FROM customers AS c
WHERE NOT EXISTS (SELECT 1 FROM tenants AS t WHERE t.id = c.tenant_id)
GROUP BY c.tenant_id
