-- Customers that are new and customers that were live already. Grain: one row.
-- Input: ssot.customers, source.customers. Output: new_customers, live_customers.
SELECT
    count(*) FILTER (WHERE l.id IS NULL) AS new_customers,
    count(l.id) AS live_customers
FROM ssot.customers AS c
LEFT JOIN source.customers AS l ON l.id = c.id
