-- Live customers whose evidence fell apart: records that were theirs and are another's now.
-- Grain: one row per customer and the customer that its records went to. Input: promoted.links,
-- identity.clusters, ssot.crosswalk, ssot.customer_merges, source.customers.
-- Output: ssot.customer_splits. The id stays with the earliest record.
CREATE OR REPLACE TABLE ssot.customer_splits AS
SELECT
    p.customer_id,
    w.customer_id AS new_customer_id,
    k.tenant_id,
    count(*) AS records
FROM promoted.links AS p
JOIN identity.clusters AS k ON k.source_table = p.source_table AND k.source_id = p.source_id
JOIN ssot.crosswalk AS w ON w.cluster_no = k.cluster_no AND w.tenant_id = k.tenant_id
JOIN source.customers AS l ON l.id = p.customer_id AND l.tenant_id = k.tenant_id
LEFT JOIN ssot.customer_merges AS m ON m.merged_id = p.customer_id
WHERE w.customer_id <> p.customer_id AND m.merged_id IS NULL
GROUP BY p.customer_id, w.customer_id, k.tenant_id;
