-- Merged ids lead where they led before, once the customers that were merged are back.
-- Grain: one row per merged id. Input: temp.undo_links, customers. Output: customer_merges.
DELETE FROM customer_merges
WHERE merged_id IN (SELECT id FROM customers)
    AND merged_id IN (
        SELECT record_id FROM undo_links WHERE source_table = 'customer_merges' AND before IS NULL
    );

UPDATE customer_merges
SET customer_id = u.before
FROM undo_links AS u
WHERE u.source_table = 'customer_merges'
    AND u.record_id = customer_merges.merged_id
    AND customer_merges.customer_id = u.after
    AND u.before IN (SELECT id FROM customers);
