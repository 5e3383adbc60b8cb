-- Some customers, the one first that a run lets survive: the oldest. Grain: one row per customer.
-- Input: customers. Parameter: :ids, a JSON array. {created_at}: the date as UTC text.
SELECT id, first_name, last_name
FROM customers
WHERE id IN (SELECT value FROM json_each(:ids))
ORDER BY {created_at} IS NULL, {created_at}, id
