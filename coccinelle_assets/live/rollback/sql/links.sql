-- Links that promotions changed: what each was before, and what was written last.
-- Grain: one row per record of {tables}. Input: customer_link_journal. Parameter: run_id, NULL for
-- all promotions. Output: temp.undo_links.
CREATE TEMP TABLE undo_links AS
SELECT
    g.source_table,
    g.record_id,
    (SELECT before FROM customer_link_journal WHERE rowid = g.first_no) AS before,
    (SELECT after FROM customer_link_journal WHERE rowid = g.last_no) AS after
FROM (
    SELECT source_table, record_id, MIN(rowid) AS first_no, MAX(rowid) AS last_no
    FROM customer_link_journal
    WHERE run_id = COALESCE(:run_id, run_id) AND source_table IN ({tables})
    GROUP BY source_table, record_id
) AS g
