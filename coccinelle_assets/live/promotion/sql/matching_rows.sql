-- Planned links of one table whose live rows are what was seen, in the order of the plan, which is
-- that of the table. Grain: one row per link. Input: plan_links.{links}, {table},
-- temp.moved_customers, temp.unavailable_customers; {match} finds a row, {key} tells it,
-- {unchanged} tells whether it is what was seen. A link to a merged customer has
-- moved already. {kind} is VIEW where the place of a row finds it,
-- else TABLE: what writes the links would look for each row among all.
-- Output: temp.matching_rows (key, customer_id).
CREATE TEMP {kind} matching_rows AS
SELECT {key} AS key, l.customer_id
FROM plan_links.{links} AS l
CROSS JOIN main.{table} AS t ON {match}
LEFT JOIN moved_customers AS v ON v.merged_id = l.seen_customer_id
WHERE l.changed
    AND CAST(t.customer_id AS TEXT) IS COALESCE(v.customer_id, l.seen_customer_id)
    AND {unchanged}
    AND l.customer_id NOT IN (SELECT id FROM unavailable_customers)
