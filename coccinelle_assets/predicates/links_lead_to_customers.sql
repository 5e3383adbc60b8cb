-- Offenders: customer ids in links that name no customer, or one of another tenant.
-- Grain: one row per customer_id of a link.
SELECT
    s.customer_id,
    s.lowest_tenant AS record_tenant,
    c.tenant_id AS customer_tenant,
    s.total_appointments,
    s.total_conversations
FROM link_statistics AS s
LEFT JOIN customers AS c ON c.id = s.customer_id
WHERE c.id IS NULL OR s.lowest_tenant <> CAST(c.tenant_id AS TEXT)
    OR s.highest_tenant <> CAST(c.tenant_id AS TEXT)
