-- Identifiers that come, in the order of the key; of customers that are there alone.
-- Grain: one row per identifier and customer. Input: plan_links.new_identifiers, customers,
-- temp.unavailable_customers. Output: customer_identifiers.
INSERT OR REPLACE INTO customer_identifiers (tenant_id, kind, value, customer_id, usable, reason)
SELECT tenant_id, kind, value, customer_id, usable, reason
FROM plan_links.new_identifiers
WHERE customer_id NOT IN (SELECT id FROM unavailable_customers)
    AND (customer_id = '' OR customer_id IN (SELECT id FROM customers))
