-- What the application changed of a customer between two promotions is what would be there without
-- either: the oldest version in the undo log takes it on, so that a rollback of everything keeps it.
-- Grain: one row per customer that an older promotion wrote and this one is about to change.
-- Input: customer_row_journal, {edits}: each column, the value before this promotion where it is not
-- what was written last. Parameter: run_id. Output: customer_row_journal.
UPDATE customer_row_journal AS f
SET {edits}
FROM (
    SELECT
        MIN(CASE WHEN journal_run_id <> :run_id THEN rowid END) AS first_no,
        MAX(CASE WHEN journal_run_id <> :run_id THEN rowid END) AS last_no,
        MIN(CASE WHEN journal_run_id = :run_id AND journal_version = 'before' THEN rowid END)
            AS before_no
    FROM customer_row_journal
    GROUP BY id
) AS g
JOIN customer_row_journal AS w ON w.rowid = g.last_no
JOIN customer_row_journal AS b ON b.rowid = g.before_no
WHERE f.rowid = g.first_no
    AND f.journal_version = 'before'
    AND w.journal_version = 'after'
