-- The same of links: one that the application set between two promotions is what was there before.
-- Grain: one row per record of {kept} that an older promotion linked and this one links anew.
-- Input: customer_link_journal. Parameter: run_id. Output: customer_link_journal.
UPDATE customer_link_journal AS f
SET before = b.before
FROM (
    SELECT
        MIN(CASE WHEN run_id <> :run_id THEN rowid END) AS first_no,
        MAX(CASE WHEN run_id <> :run_id THEN rowid END) AS last_no,
        MIN(CASE WHEN run_id = :run_id THEN rowid END) AS before_no
    FROM customer_link_journal
    WHERE source_table IN ({kept})
    GROUP BY source_table, record_id
) AS g
JOIN customer_link_journal AS w ON w.rowid = g.last_no
JOIN customer_link_journal AS b ON b.rowid = g.before_no
WHERE f.rowid = g.first_no AND b.before IS NOT w.after
