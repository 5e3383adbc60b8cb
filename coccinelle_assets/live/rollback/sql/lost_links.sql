-- Links of {table} that would lead back to a customer that could not come back stay where they are.
-- Grain: one row per record. Input: temp.undo_links, customers; {same_record}: whether the row
-- `t` is the record of `u`. Output: {table}.customer_id, and the {record_id} of each.
UPDATE {table} AS t
SET customer_id = u.after
FROM undo_links AS u
WHERE u.source_table = '{table}'
    AND {same_record}
    AND t.customer_id = u.before
    AND u.before NOT IN (SELECT id FROM customers)
    AND u.after IN (SELECT id FROM customers)
RETURNING {record_id}
