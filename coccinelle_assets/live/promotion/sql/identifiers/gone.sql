-- Identifiers that tie their customer no more, also one that waits for the next run: another may be
-- tied by them now. Grain: one row per identifier and customer. Input: plan_links.gone_identifiers.
-- Output: customer_identifiers.
DELETE FROM customer_identifiers
WHERE (tenant_id, kind, value, customer_id) IN (
    SELECT tenant_id, kind, value, customer_id FROM plan_links.gone_identifiers
)
