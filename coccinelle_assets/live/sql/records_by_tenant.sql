-- How many source records each tenant has, and the tenants that have customers only: a promotion
-- counts for these, too. Grain: one row per tenant, in the order of their ids.
-- Input: the three source tables; {customers} adds the customers where they are.
-- Output: tenant_id as text, number of source records.
SELECT CAST(tenant_id AS TEXT) AS id, SUM(records)
FROM (
    SELECT tenant_id, 1 AS records FROM prospects
    UNION ALL
    SELECT tenant_id, 1 FROM appointments
    UNION ALL
    SELECT tenant_id, 1 FROM omni_conversations{customers}
) AS rows_of_tenants
WHERE tenant_id <> ''
GROUP BY id
ORDER BY id
