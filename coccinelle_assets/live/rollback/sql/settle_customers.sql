-- Journal of customers after one promotion was undone: of one that went back and that an older
-- promotion wrote, the version that is there again is the last that was written; of one that only
-- this promotion wrote, nothing is kept. Those that stayed keep their entries.
-- Grain: one row per entry. Input: temp.undo_customers. Parameter: run_id.
-- Output: customer_row_journal, customer_link_journal (merges).
DELETE FROM customer_row_journal
WHERE journal_run_id = :run_id
    AND id IN (SELECT id FROM undo_customers WHERE step <> 'keep')
    AND (
        journal_version = 'after'
        OR id NOT IN (SELECT id FROM customer_row_journal WHERE journal_run_id <> :run_id)
    );

UPDATE customer_row_journal
SET journal_version = 'after'
WHERE journal_run_id = :run_id
    AND id IN (SELECT id FROM undo_customers WHERE step <> 'keep');

DELETE FROM customer_link_journal
WHERE run_id = :run_id AND source_table = 'customer_merges';
