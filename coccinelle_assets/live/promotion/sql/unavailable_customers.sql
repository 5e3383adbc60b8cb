-- New customers that the live table did not take: their id or one of their details is held there,
-- or none of their records is there any more.
-- Grain: one row per such customer. Input: plan.new_customers, customers, temp.gone_customers. Output:
-- temp.unavailable_customers. Parameter: $created, the rows that the insert wrote.
CREATE TEMP TABLE unavailable_customers AS
SELECT n.id
FROM plan.new_customers AS n
LEFT JOIN customers AS c ON c.id = n.id AND +c.tenant_id = n.tenant_id
WHERE $created < (SELECT COUNT(*) FROM plan.new_customers) AND c.id IS NULL
UNION
SELECT id FROM gone_customers
UNION
SELECT l.id
FROM plan.live_targets AS l
LEFT JOIN customers AS c ON c.id = l.id
WHERE c.id IS NULL
