-- Links that were to be taken off and are not what was seen any more: they wait for the next run.
-- Grain: one row per link. Input: plan.cleared_links, temp.matching_rows. Output: id.
SELECT l.id
FROM plan.cleared_links AS l
LEFT JOIN matching_rows AS m ON m.record_id = l.id
WHERE l.source_table = '{table}' AND m.key IS NULL
ORDER BY l.id
