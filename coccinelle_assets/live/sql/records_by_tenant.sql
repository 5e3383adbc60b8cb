-- How many source records each tenant has. Grain: one row per tenant, in the order of their ids.
-- Input: the three source tables. Output: tenant_id, number of records.
SELECT tenant_id, COUNT(*)
FROM (
    SELECT tenant_id FROM prospects
    UNION ALL
    SELECT tenant_id FROM appointments
    UNION ALL
    SELECT tenant_id FROM omni_conversations
) AS records
WHERE tenant_id <> ''
GROUP BY tenant_id
ORDER BY tenant_id
