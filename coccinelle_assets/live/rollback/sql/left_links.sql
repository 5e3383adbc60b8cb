-- Links of {table} that the application changed or deleted since: they stay as they are.
-- Grain: one row per record. Input: temp.undo_links, {table}; {same_record}: whether the row
-- `t` is the record of `u`.
SELECT u.record_id, CASE WHEN t.id IS NULL THEN 'deleted' ELSE 'changed' END AS reason
FROM undo_links AS u
LEFT JOIN {table} AS t ON {same_record}
WHERE u.source_table = '{table}' AND (t.id IS NULL OR t.customer_id IS NOT u.before)
ORDER BY u.record_id
