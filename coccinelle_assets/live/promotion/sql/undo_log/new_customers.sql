-- Planned customers that are not there yet: the ones that a promotion creates.
-- Grain: one row per customer id. Output: temp.new_customer_ids.
CREATE TEMP TABLE new_customer_ids AS
SELECT n.id
FROM plan.new_customers AS n
LEFT JOIN customers AS c ON c.id = n.id
WHERE c.id IS NULL
