-- Links of {table} that are still what was written go back to what they were.
-- Grain: one row per record. Input: temp.undo_links. Output: {table}.customer_id.
UPDATE {table}
SET customer_id = u.before
FROM undo_links AS u
WHERE u.source_table = '{table}' AND u.record_id = {table}.id AND {table}.customer_id IS u.after
