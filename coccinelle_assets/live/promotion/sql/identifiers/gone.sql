-- Identifiers that tie their customer no more. Those of a customer that waits for the next run wait.
-- Grain: one row per identifier and customer. Input: plan.gone_identifiers, temp.stale_customers.
-- Output: customer_identifiers.
DELETE FROM customer_identifiers
WHERE (tenant_id, kind, value, customer_id) IN (
    SELECT tenant_id, kind, value, customer_id
    FROM plan.gone_identifiers
    WHERE customer_id NOT IN (SELECT id FROM stale_customers)
)
