-- Identifiers that a promotion is about to add, remove or change.
-- Grain: one row per identifier and customer. Input: plan_links.new_identifiers, plan_links.gone_identifiers,
-- customer_identifiers. Parameter: run_id. Output: customer_identifier_journal.
INSERT INTO customer_identifier_journal (
    run_id, change, tenant_id, kind, value, customer_id, usable, reason
)
SELECT :run_id, 'removed', t.tenant_id, t.kind, t.value, t.customer_id, t.usable, t.reason
FROM (
    SELECT tenant_id, kind, value, customer_id FROM plan_links.gone_identifiers
    UNION ALL
    SELECT tenant_id, kind, value, customer_id FROM plan_links.new_identifiers
) AS n
JOIN customer_identifiers AS t
    ON t.tenant_id = n.tenant_id
    AND t.kind = n.kind
    AND t.value = n.value
    AND t.customer_id = n.customer_id
UNION ALL
SELECT :run_id, 'added', tenant_id, kind, value, customer_id, usable, reason
FROM plan_links.new_identifiers
