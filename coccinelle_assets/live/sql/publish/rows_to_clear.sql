-- Links to deleted customers that are taken off, where they still are what was seen.
-- Grain: one row per link. Input: plan.cleared_links, {table}.
-- Output: temp.matching_rows (key: id of {table}, customer_id: NULL).
CREATE TEMP TABLE matching_rows AS
SELECT t.id AS key, CAST(NULL AS TEXT) AS customer_id
FROM plan.cleared_links AS l
CROSS JOIN main.{table} AS t ON t.id = l.id
WHERE l.source_table = '{table}' AND CAST(t.customer_id AS TEXT) = l.seen_customer_id
