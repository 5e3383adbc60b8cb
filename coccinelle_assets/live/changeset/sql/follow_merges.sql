-- Links that the application made to a customer since it was found to be another one: they follow.
-- Input: customer_merges, {stage} of the customers that go. Output: {table}.customer_id.
-- Grain: one row per record whose customer is merged.
UPDATE {table}
SET customer_id = m.customer_id
FROM customer_merges AS m
JOIN {stage} AS s ON s.key_id = m.merged_id
WHERE {table}.customer_id = m.merged_id
