-- Records of the largest tenants, how many had a link and how many have one, per source.
-- Grain: one row per (tenant_id, source_table); tenants beyond the $top largest are summed in rows
-- whose tenant_id is NULL. Input: identity.contacts, identity.members. Output: those, place (of
-- the tenant by its records, from 1), tenants (summed in the row), records, linked_before, linked.
-- A prospect has no link column: it counts as linked when it is part of a customer.
WITH
counted AS (
    SELECT
        COALESCE(c.tenant_id, '') AS tenant_id,
        c.source_table,
        count(*) AS records,
        count(c.customer_id) AS linked_before,
        count(k.record_no) AS linked
    FROM identity.contacts AS c
    LEFT JOIN identity.members AS k ON k.record_no = c.record_no
    WHERE c.source_table <> 'customers'
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
    sum(c.linked)::BIGINT AS linked
FROM counted AS c
JOIN placed AS p ON p.tenant_id = c.tenant_id
GROUP BY 1, c.source_table
ORDER BY place, c.source_table
