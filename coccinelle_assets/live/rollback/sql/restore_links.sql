-- Links of {table} that are still what was written go back to what they were.
-- Grain: one row per record. Input: temp.undo_links; {same_record}: whether
-- the row `t` is the record of `u`. Output: {table}.customer_id.
UPDATE {table} AS t
SET customer_id = u.before
FROM undo_links AS u
WHERE u.source_table = '{table}' AND {same_record} AND t.customer_id IS u.after
