-- Records of the largest tenants, how many had a link and how many have one, per source.
-- Grain: one row per (tenant_id, source_table); tenants beyond the $top largest are summed in rows
-- whose tenant_id is NULL. Input: identity.contacts, ssot.unlinked_records. Output: those, place (of
-- the tenant by its records, from 1), tenants (summed in the row), records, linked_before, linked.
-- A prospect has no link column: it counts as linked when it is part of a customer.
WITH
counted AS (
    SELECT
        COALESCE(c.tenant_id, '') AS tenant_id,
        c.source_table,
        count(*) AS records,
        count(c.customer_id) AS linked_before
    FROM identity.contacts AS c
    WHERE c.source_table <> 'customers'
    GROUP BY ALL
),
unlinked AS (
    SELECT COALESCE(tenant_id, '') AS tenant_id, source_table, count(*) AS records
    FROM ssot.unlinked_records
    GROUP BY ALL
),
placed AS (
    SELECT tenant_id, row_number() OVER (ORDER BY sum(records) DESC, tenant_id) AS place
    FROM counted
    GROUP BY tenant_id
)
SELECT
    CASE WHEN p.place <= $top THEN p.tenant_id END AS tenant_id,
    c.source_table,
    min(p.place) AS place,
    count(*) AS tenants,
    sum(c.records)::BIGINT AS records,
    sum(c.linked_before)::BIGINT AS linked_before,
    sum(c.records - COALESCE(u.records, 0))::BIGINT AS linked
FROM counted AS c
JOIN placed AS p ON p.tenant_id = c.tenant_id
LEFT JOIN unlinked AS u ON u.tenant_id = c.tenant_id AND u.source_table = c.source_table
GROUP BY 1, c.source_table
ORDER BY place, c.source_table
