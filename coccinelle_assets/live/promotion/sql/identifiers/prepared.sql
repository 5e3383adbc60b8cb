-- The identifiers of a first promotion, in the order of the key. Grain: one row per identifier and
-- customer. Input: plan_links.new_identifiers. Output: customer_identifiers.
INSERT INTO customer_identifiers (tenant_id, kind, value, customer_id, usable, reason)
SELECT tenant_id, kind, value, customer_id, usable, reason FROM plan_links.new_identifiers
