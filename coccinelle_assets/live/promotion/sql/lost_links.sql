-- Rows of one table that had their link when the plan was made and have lost it since: they wait
-- for the next run. Grain: one row per link. Input: plan_links.{links}, {table},
-- {same_record}: whether `t` is the record of `l`.
SELECT l.id
FROM plan_links.{links} AS l
JOIN {table} AS t ON {same_record}
WHERE NOT l.changed AND t.customer_id IS NULL
ORDER BY l.id
