-- Offenders: customer ids held by more than one row, or missing. Grain: one row per id.
SELECT id, COUNT(*) AS customers
FROM customers
GROUP BY id
HAVING COUNT(*) > 1 OR id IS NULL
