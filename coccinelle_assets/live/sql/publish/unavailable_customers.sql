-- Customers that links were planned to lead to and that are not there: the application took their
-- e-mail or phone, or deleted them, since the plan was made. Their links wait for the next run.
-- Grain: one row per customer id. Parameter: $created, the number of new customers written; when
-- that is all of them, none needs looking for. Output: temp.unavailable_customers.
CREATE TEMP TABLE unavailable_customers AS
SELECT n.id
FROM plan.new_customers AS n
WHERE
    $created < (SELECT COUNT(*) FROM plan.new_customers)
    AND NOT EXISTS (
        SELECT 1 FROM customers AS c WHERE c.id = n.id AND c.tenant_id = n.tenant_id
    )
UNION
SELECT l.id
FROM plan.live_targets AS l
WHERE NOT EXISTS (SELECT 1 FROM customers AS c WHERE c.id = l.id)
