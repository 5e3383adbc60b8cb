-- Customers as they are before a promotion changes or merges them.
-- Grain: one row per customer. Input: plan.*, temp.stale_customers, {columns} of customers,
-- {everyone}: TRUE when any row may change (a first promotion over a table that was there).
-- Parameter: run_id. Output: customer_row_journal.
INSERT INTO customer_row_journal (journal_run_id, journal_version, {columns})
SELECT :run_id, 'before', {columns}
FROM customers
WHERE {everyone}
    OR (
        id NOT IN (SELECT id FROM stale_customers)
        AND (
            id IN (SELECT id FROM plan.customer_changes)
            OR id IN (SELECT merged_id FROM plan.customer_merges)
        )
    )
