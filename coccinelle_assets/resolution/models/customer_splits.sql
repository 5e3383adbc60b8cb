-- Live customers whose evidence fell apart: records that were theirs and are another's now.
-- Grain: one row per customer and the customer that its records went to. Input: promoted.links,
-- identity.clusters, ssot.crosswalk, ssot.customer_merges, source.customers.
-- Output: ssot.customer_splits. The id stays with the earliest record.
-- Each step is joined to the one before by a key: joined all at once, the crosswalk and the live
-- customers have nothing but the tenant in common.
CREATE OR REPLACE TABLE ssot.customer_splits AS
WITH
moved AS MATERIALIZED (
    SELECT p.customer_id, w.customer_id AS new_customer_id, w.tenant_id, count(*) AS records
    FROM promoted.links AS p
    JOIN identity.clusters AS k ON k.source_table = p.source_table AND k.source_id = p.source_id
    JOIN ssot.crosswalk AS w ON w.cluster_no = k.cluster_no
    WHERE w.customer_id <> p.customer_id
    GROUP BY p.customer_id, w.customer_id, w.tenant_id
)
SELECT m.customer_id, m.new_customer_id, m.tenant_id, m.records
FROM moved AS m
JOIN source.customers AS l ON l.id = m.customer_id AND l.tenant_id = m.tenant_id
LEFT JOIN ssot.customer_merges AS g ON g.merged_id = m.customer_id
WHERE g.merged_id IS NULL;
