-- New customers all of whose links were left. Grain: one row per such customer.
-- Input: the staged links, and the ids of new customers. Output: coccinelle_deferred.
INSERT INTO coccinelle_deferred (source_table, id, reason)
SELECT DISTINCT 'customers', customer_id, 'records_gone'
FROM ({links})
WHERE reason IS NOT NULL
    AND customer_id IN ({created})
    AND customer_id NOT IN (
        SELECT customer_id FROM ({links}) WHERE reason IS NULL AND customer_id IS NOT NULL
    )
