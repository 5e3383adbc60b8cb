-- Whoever would get back an e-mail or phone that another customer keeps stays as it is, and so does
-- whoever waits for that one. Grain: one row per customer.
-- Input: temp.waiting_customers (id, holder_id), temp.undo_customers. Output: temp.undo_customers.
CREATE INDEX temp.waiting_customers_holder ON waiting_customers (holder_id);

UPDATE undo_customers
SET step = 'keep', reason = 'identifier_taken'
WHERE id IN (
    WITH RECURSIVE
    kept (id) AS (
        SELECT id
        FROM waiting_customers
        WHERE holder_id NOT IN (
            SELECT o.id FROM undo_customers AS o WHERE o.step IN ('restore', 'delete')
        )
        UNION
        SELECT w.id
        FROM kept AS k
        CROSS JOIN waiting_customers AS w ON w.holder_id = k.id
    )
    SELECT id FROM kept
);

DROP TABLE temp.waiting_customers;
