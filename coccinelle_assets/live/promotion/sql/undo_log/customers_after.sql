-- The same customers as the promotion left them, and the new ones.
-- Grain: one row per customer. Input: plan.new_customers, customer_row_journal, {columns}.
-- Parameter: run_id. Output: customer_row_journal.
INSERT INTO customer_row_journal (journal_run_id, journal_version, {columns})
SELECT :run_id, 'after', {columns}
FROM customers
WHERE id IN (SELECT id FROM temp.new_customer_ids)
    OR id IN (
        SELECT id FROM customer_row_journal
        WHERE journal_run_id = :run_id AND journal_version = 'before'
    )
