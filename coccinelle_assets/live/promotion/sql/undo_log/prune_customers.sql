-- Customers of older promotions that no undoing needs: where the table was there before ({kept} is
-- TRUE), the first and the last version say what a row was and what was written.
-- Grain: one row per entry. Input: customer_row_journal. Parameter: run_id.
DELETE FROM customer_row_journal
WHERE journal_run_id <> :run_id
    AND rowid NOT IN (
        SELECT MIN(rowid) FROM customer_row_journal WHERE {kept} GROUP BY id
        UNION ALL
        SELECT MAX(rowid) FROM customer_row_journal WHERE {kept} GROUP BY id
    )
