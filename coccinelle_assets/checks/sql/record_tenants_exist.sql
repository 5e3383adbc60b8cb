-- Offenders: tenants named by records and absent from tenants. Grain: one row per tenant named.
SELECT c.tenant_id, count(*) AS records, min(c.source_id) AS source_id
FROM identity.contacts AS c
LEFT JOIN source.tenants AS t ON t.id = c.tenant_id
WHERE c.tenant_id <> '' AND t.id IS NULL
GROUP BY c.tenant_id
