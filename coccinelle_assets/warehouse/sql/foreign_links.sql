-- Whether what a table's customer_id holds names customers. Grain: one row.
-- Input: source.{table}, promoted.known_customers.
-- Output: number of values, of those that name a customer, and one that does not.
SELECT
    count(nullif(s.customer_id, '')),
    count(k.id),
    min(s.customer_id) FILTER (WHERE k.id IS NULL)
FROM source.{table} AS s
LEFT JOIN promoted.known_customers AS k ON k.id = s.customer_id
