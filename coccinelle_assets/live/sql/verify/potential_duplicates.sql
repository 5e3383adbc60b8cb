-- Migration plan, verification 5: e-mails that several customers of a tenant have.
-- Grain: one row per (tenant, e-mail); none is good.
SELECT tenant_id, email, COUNT(*) AS count
FROM customers
WHERE email IS NOT NULL
GROUP BY tenant_id, email
HAVING COUNT(*) > 1
