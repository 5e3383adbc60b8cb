-- The links of one table. Input: temp.matching_rows; {found}: whether the
-- row `t` is that of `m`. Output: {table}.customer_id.
-- Grain: one row per record whose link changes.
UPDATE {table} AS t
SET customer_id = m.customer_id
FROM matching_rows AS m
WHERE {found}
