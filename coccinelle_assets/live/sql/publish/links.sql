-- Links of one table: only rows that are what was seen, only to customers that are there.
-- Input: plan.{links}, temp.unavailable_customers. Output: {table}.customer_id.
UPDATE {table}
SET customer_id = l.customer_id
FROM plan.{links} AS l
WHERE {table}.id = l.id
    AND l.changed
    AND CAST({table}.customer_id AS TEXT) IS l.seen_customer_id
    AND CAST({table}.tenant_id AS TEXT) IS l.seen_tenant_id{unchanged}
    AND l.customer_id NOT IN (SELECT id FROM unavailable_customers)
