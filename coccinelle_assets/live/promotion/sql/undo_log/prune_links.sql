-- Links of older promotions that no undoing needs: of a table whose customer_id column was there
-- before ({kept}), the first and the last entry of a record say what it was and what was written.
-- Grain: one row per entry. Input: customer_link_journal. Parameter: run_id.
DELETE FROM customer_link_journal
WHERE run_id <> :run_id
    AND rowid NOT IN (
        SELECT MIN(rowid) FROM customer_link_journal
        WHERE source_table IN ({kept}) GROUP BY source_table, record_id
        UNION ALL
        SELECT MAX(rowid) FROM customer_link_journal
        WHERE source_table IN ({kept}) GROUP BY source_table, record_id
    )
