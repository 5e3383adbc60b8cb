-- What the application changed of a customer between two promotions is what would be there without
-- either: the oldest version in the undo log takes it on, so that a rollback of everything keeps it.
-- Grain: one row per customer that an older promotion wrote and this one is about to change.
-- Input: customer_row_journal, {edits}: each column, the value before this promotion where it is not
-- what was written last. Parameter: run_id. Output: customer_row_journal.
UPDATE customer_row_journal AS f
SET {edits}
FROM (
    SELECT id, MIN(rowid) AS first_no, MAX(rowid) AS last_no
    FROM customer_row_journal
    WHERE journal_run_id <> :run_id
    GROUP BY id
) AS g
JOIN customer_row_journal AS w ON w.rowid = g.last_no
JOIN customer_row_journal AS b
    ON b.id = g.id AND b.journal_run_id = :run_id AND b.journal_version = 'before'
WHERE f.rowid = g.first_no
    AND f.journal_version = 'before'
    AND w.journal_version = 'after'
