-- Offenders: one row when no promotion stands. Grain: at most one row.
SELECT 'no promotion stands' AS problem
WHERE NOT EXISTS (SELECT 1 FROM customer_promotions WHERE undone_at IS NULL)
