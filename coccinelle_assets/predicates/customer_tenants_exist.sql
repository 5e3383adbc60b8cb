-- Offenders: customers of a tenant that does not exist. Grain: one row per tenant named.
SELECT c.tenant_id, COUNT(*) AS customers, MIN(c.id) AS id
FROM customers AS c
WHERE c.tenant_id IS NULL
    OR CAST(c.tenant_id AS TEXT) NOT IN (
        SELECT CAST(t.id AS TEXT) FROM tenants AS t WHERE t.id IS NOT NULL
    )
GROUP BY c.tenant_id
