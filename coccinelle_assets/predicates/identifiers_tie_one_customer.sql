-- Offenders: identifiers of a customer of another tenant, or of two customers, those that tie only
-- where names agree aside. A customer that the application removed has none any more.
-- Grain: one row per identifier.
SELECT i.tenant_id, i.kind, i.value, COUNT(*) AS customers, MIN(i.customer_id) AS id
FROM customer_identifiers AS i
JOIN customers AS c ON c.id = i.customer_id
GROUP BY i.tenant_id, i.kind, i.value
HAVING COUNT(*) > SUM(CASE WHEN i.reason IS NULL THEN 0 ELSE 1 END) + 1
    OR SUM(CASE WHEN c.tenant_id = i.tenant_id AND i.usable = 1 THEN 0 ELSE 1 END) > 0
