-- Takes the customers that are gone off again. Grain: one row per such customer. Input: coccinelle_deferred. Output: customers.
DELETE FROM customers
WHERE id IN (
    SELECT id FROM coccinelle_deferred WHERE source_table = 'customers' AND reason = 'records_gone'
)
