-- Whoever would get back an e-mail or phone that another customer keeps stays as it is. Repeated
-- until nothing changes, since each one that stays keeps its own. Grain: one row per customer.
-- Input: temp.undo_customers, customers, {conflict}: whether c has an identifier that must be unique.
-- Output: temp.undo_customers.
UPDATE undo_customers
SET step = 'keep', reason = 'identifier_taken'
WHERE step IN ('restore', 'reinsert')
    AND EXISTS (
        SELECT 1
        FROM customers AS c
        WHERE c.tenant_id = undo_customers.tenant_id
            AND c.id <> undo_customers.id
            AND ({conflict})
            AND c.id NOT IN (
                SELECT o.id FROM undo_customers AS o WHERE o.step IN ('restore', 'delete')
            )
    )
