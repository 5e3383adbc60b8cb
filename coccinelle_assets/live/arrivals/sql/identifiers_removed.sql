-- All identifiers of a customer that goes. Grain: one row per identifier.
-- Output: customer_identifiers. Parameter: :customer_id.
DELETE FROM customer_identifiers WHERE customer_id = :customer_id
