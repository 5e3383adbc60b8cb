-- Migration plan, verification 1: how many customers there are. Grain: one row.
SELECT COUNT(*) AS total_customers FROM customers
