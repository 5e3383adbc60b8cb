-- Customers that promotions changed, and what becomes of each.
-- Grain: one row per customer. Input: customer_row_journal, customers, {same}: whether the live row
-- c is the written one w in every column that is not counted, {used}: ids that something refers to.
-- Parameter: run_id, NULL for all promotions. Output: temp.undo_customers.
-- step: restore, reinsert, delete, or keep with the reason why.
CREATE TEMP TABLE undo_customers AS
SELECT
    g.id,
    g.first_no,
    CASE
        WHEN f.journal_version = 'before' AND w.journal_version = 'before'
            THEN CASE WHEN c.id IS NULL THEN 'reinsert' ELSE 'keep' END
        WHEN c.id IS NULL
            THEN CASE WHEN f.journal_version = 'after' THEN 'none' ELSE 'keep' END
        WHEN NOT ({same}) THEN 'keep'
        WHEN f.journal_version = 'before' THEN 'restore'
        WHEN c.id IN ({used}) THEN 'keep'
        ELSE 'delete'
    END AS step,
    CASE
        WHEN c.id IS NULL THEN 'deleted'
        WHEN w.journal_version = 'after' AND ({same}) THEN 'in_use'
        ELSE 'changed'
    END AS reason,
    f.tenant_id,
    f.email,
    f.phone
FROM (
    SELECT id, MIN(rowid) AS first_no, MAX(rowid) AS last_no
    FROM customer_row_journal
    WHERE journal_run_id = COALESCE(:run_id, journal_run_id)
    GROUP BY id
) AS g
JOIN customer_row_journal AS f ON f.rowid = g.first_no
JOIN customer_row_journal AS w ON w.rowid = g.last_no
LEFT JOIN customers AS c ON c.id = g.id
