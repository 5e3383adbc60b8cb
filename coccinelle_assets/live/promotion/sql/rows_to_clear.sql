-- Links that are taken off, where they still are what was seen; one to a merged customer has moved.
-- Grain: one row per link. Input: plan.cleared_links, temp.moved_customers, {table};
-- {same_record}: whether `t` is the record of `l`; {key} tells `t`.
-- Output: temp.matching_rows (key, customer_id: NULL, record_id).
CREATE TEMP TABLE matching_rows AS
SELECT {key} AS key, CAST(NULL AS TEXT) AS customer_id, l.id AS record_id
FROM plan.cleared_links AS l
CROSS JOIN main.{table} AS t ON {same_record}
LEFT JOIN moved_customers AS v ON v.merged_id = l.seen_customer_id
WHERE l.source_table = '{table}'
    AND CAST(t.customer_id AS TEXT) = COALESCE(v.customer_id, l.seen_customer_id)
