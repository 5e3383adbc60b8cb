-- The same of links: one that the application set between two promotions is what was there before.
-- Grain: one row per record of {kept} that an older promotion linked and this one links anew.
-- Input: customer_link_journal. Parameter: run_id. Output: customer_link_journal.
UPDATE customer_link_journal AS f
SET before = b.before
FROM (
    SELECT source_table, record_id, MIN(rowid) AS first_no, MAX(rowid) AS last_no
    FROM customer_link_journal
    WHERE run_id <> :run_id AND source_table IN ({kept})
    GROUP BY source_table, record_id
) AS g
JOIN customer_link_journal AS w ON w.rowid = g.last_no
JOIN (
    SELECT source_table, record_id, MIN(rowid) AS first_no
    FROM customer_link_journal
    WHERE run_id = :run_id AND source_table IN ({kept})
    GROUP BY source_table, record_id
) AS n ON n.source_table = g.source_table AND n.record_id = g.record_id
JOIN customer_link_journal AS b ON b.rowid = n.first_no
WHERE f.rowid = g.first_no AND b.before IS NOT w.after
