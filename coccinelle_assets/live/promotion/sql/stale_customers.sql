-- Planned changes of live customers that must wait: the row is not what was seen any more.
-- Grain: one row per customer id.
-- Input: customers, plan.customer_changes, plan.customer_merges; {changing_unchanged} and
-- {merged_unchanged} tell whether a row is what was seen. Output: temp.stale_customers.
CREATE TEMP TABLE stale_customers AS
SELECT n.id
FROM plan.customer_changes AS n
LEFT JOIN customers AS c ON c.id = n.id
WHERE c.id IS NULL OR NOT ({changing_unchanged})
UNION
SELECT n.merged_id
FROM plan.customer_merges AS n
LEFT JOIN customers AS c ON c.id = n.merged_id
LEFT JOIN customers AS s ON s.id = n.customer_id
WHERE c.id IS NULL OR s.id IS NULL OR NOT ({merged_unchanged})
