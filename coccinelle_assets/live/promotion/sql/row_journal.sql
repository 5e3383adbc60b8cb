-- The journal of customers: whole rows, whatever columns the application's table has.
-- Grain: one row per promotion, version (before, after) and customer.
CREATE TABLE IF NOT EXISTS customer_row_journal AS
SELECT '' AS journal_run_id, '' AS journal_version, c.*
FROM customers AS c
WHERE FALSE
