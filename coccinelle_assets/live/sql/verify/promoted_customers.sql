-- How many customers the last promotion left. Grain: at most one row.
SELECT json_extract(counts, '$.customers') AS promoted_customers
FROM customer_promotions
ORDER BY promoted_at DESC, run_id DESC
LIMIT 1
