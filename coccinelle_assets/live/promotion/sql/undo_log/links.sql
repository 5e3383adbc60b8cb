-- Links that a promotion is about to write. Grain: one row per record of {table}.
-- Input: temp.matching_rows, {table}; {id} tells a row `t` of it, {found} whether it is that of `m`.
-- Parameter: run_id.
-- Output: customer_link_journal.
INSERT INTO customer_link_journal (run_id, source_table, record_id, before, after)
SELECT :run_id, '{table}', {id}, t.customer_id, m.customer_id
FROM matching_rows AS m
JOIN {table} AS t ON {found}
