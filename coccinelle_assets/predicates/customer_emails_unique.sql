-- Offenders: e-mails of more than one customer of a tenant. Grain: one row per (tenant, e-mail).
SELECT tenant_id, email, COUNT(*) AS customers
FROM customers
WHERE email IS NOT NULL
GROUP BY tenant_id, email
HAVING COUNT(*) > 1
