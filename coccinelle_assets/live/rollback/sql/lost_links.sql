-- Links of {table} that would lead back to a customer that could not come back stay where they are.
-- Grain: one row per record. Input: temp.undo_links, customers. Output: {table}.customer_id, and
-- the id of each.
UPDATE {table}
SET customer_id = u.after
FROM undo_links AS u
WHERE u.source_table = '{table}'
    AND u.record_id = {table}.id
    AND {table}.customer_id = u.before
    AND u.before NOT IN (SELECT id FROM customers)
    AND u.after IN (SELECT id FROM customers)
RETURNING id
