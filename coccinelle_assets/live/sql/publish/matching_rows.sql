-- Planned links of one table whose live rows are what was seen, in the order of the table: writing
-- them in that order is twice as fast. Grain: one row per link. Input: plan.{links}, {table},
-- temp.unavailable_customers. Output: temp.matching_rows (key: {key} of {table}, customer_id).
CREATE TEMP TABLE matching_rows AS
SELECT {table}.{key} AS key, l.customer_id
FROM plan.{links} AS l
JOIN {table} ON {table}.id = l.id
WHERE l.changed
    AND CAST({table}.customer_id AS TEXT) IS l.seen_customer_id
    AND CAST({table}.tenant_id AS TEXT) IS l.seen_tenant_id{unchanged}
    AND l.customer_id NOT IN (SELECT id FROM unavailable_customers)
ORDER BY {table}.{key}
