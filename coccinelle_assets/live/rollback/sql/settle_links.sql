-- Journal of {table} after one promotion was undone: a link that went back and that an older
-- promotion wrote keeps one entry, what it is now; one that only this promotion wrote keeps none.
-- Grain: one row per entry. Input: temp.undo_links, {table}; {same_record}: whether the row `t` is the
-- record of `u`. Parameter: run_id.
-- Output: customer_link_journal.
DELETE FROM customer_link_journal
WHERE run_id = :run_id
    AND source_table = '{table}'
    AND record_id IN (
        SELECT u.record_id
        FROM undo_links AS u
        JOIN {table} AS t ON {same_record}
        WHERE u.source_table = '{table}' AND t.customer_id IS u.before
    )
    AND (
        record_id NOT IN (
            SELECT record_id FROM customer_link_journal
            WHERE source_table = '{table}' AND run_id <> :run_id
        )
        OR rowid NOT IN (
            SELECT MIN(rowid) FROM customer_link_journal
            WHERE source_table = '{table}' AND run_id = :run_id GROUP BY record_id
        )
    );

UPDATE customer_link_journal
SET after = before
WHERE run_id = :run_id
    AND source_table = '{table}'
    AND record_id IN (
        SELECT u.record_id
        FROM undo_links AS u
        JOIN {table} AS t ON {same_record}
        WHERE u.source_table = '{table}' AND t.customer_id IS u.before
    );
