-- What a customer is known by. Grain: one row per identifier. Input: customer_identifiers.
-- Parameter: :customer_id.
SELECT kind, value, reason
FROM customer_identifiers
WHERE customer_id = :customer_id
ORDER BY kind, value
