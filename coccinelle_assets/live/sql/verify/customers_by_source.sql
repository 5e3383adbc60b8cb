-- Migration plan, verification 2: customers by source. Grain: one row per source.
SELECT source, COUNT(*) AS count
FROM customers
GROUP BY source
ORDER BY count DESC, source
