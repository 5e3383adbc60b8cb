-- Offenders: identifiers of two customers, those that tie only where names agree aside; and of a
-- customer of another tenant. Grain: one row per identifier, or identifier and customer.
SELECT tenant_id, kind, value, COUNT(*) AS customers, MIN(customer_id) AS id
FROM customer_identifiers
WHERE usable = 1
GROUP BY tenant_id, kind, value
HAVING COUNT(*) > 1 AND COUNT(*) > COUNT(reason) + 1
UNION ALL
SELECT i.tenant_id, i.kind, i.value, 1, i.customer_id
FROM customer_identifiers AS i
JOIN customers AS c ON c.id = i.customer_id
WHERE i.customer_id <> '' AND c.tenant_id <> i.tenant_id
