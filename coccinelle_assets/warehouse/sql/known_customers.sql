-- Ids that name a customer: one that is there, was merged into another, or was promoted, by the last
-- run, by day, or by any run at all (its id says so). Whatever else a customer_id holds is the
-- application's own, and is never written over.
-- Grain: one row per id. Input: source.*, promoted.customers. Output: source.known_customers.
CREATE OR REPLACE VIEW source.known_customers AS
SELECT id FROM source.customers WHERE id IS NOT NULL
UNION
SELECT merged_id FROM source.customer_merges WHERE merged_id IS NOT NULL
UNION
SELECT id FROM promoted.customers WHERE id IS NOT NULL
UNION
SELECT customer_id FROM source.appointments WHERE regexp_full_match(customer_id, 'cust_[0-9a-f]{20}')
UNION
SELECT customer_id
FROM source.omni_conversations
WHERE regexp_full_match(customer_id, 'cust_[0-9a-f]{20}')
