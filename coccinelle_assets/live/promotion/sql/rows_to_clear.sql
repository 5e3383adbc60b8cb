-- Links that are taken off, where they still are what was seen; one to a merged customer has moved.
-- Grain: one row per link. Input: plan.cleared_links, temp.moved_customers, {table}.
-- Output: temp.matching_rows (key: id of {table}, customer_id: NULL, record_id: its text).
CREATE TEMP TABLE matching_rows AS
SELECT t.id AS key, CAST(NULL AS TEXT) AS customer_id, l.id AS record_id
FROM plan.cleared_links AS l
CROSS JOIN main.{table} AS t ON {same_id}
LEFT JOIN moved_customers AS v ON v.merged_id = l.seen_customer_id
WHERE l.source_table = '{table}'
    AND CAST(t.customer_id AS TEXT) = COALESCE(v.customer_id, l.seen_customer_id)
