-- Offenders: phones of more than one customer of a tenant. Grain: one row per (tenant, phone).
SELECT tenant_id, phone, COUNT(*) AS customers
FROM customers
WHERE phone IS NOT NULL
GROUP BY tenant_id, phone
HAVING COUNT(*) > 1
