-- The links of one table. Input: temp.matching_rows. Output: {table}.customer_id.
-- Grain: one row per record whose link changes.
UPDATE {table}
SET customer_id = m.customer_id
FROM matching_rows AS m
WHERE {table}.{key} = m.key
