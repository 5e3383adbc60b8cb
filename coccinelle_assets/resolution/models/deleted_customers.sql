-- Customers that a promotion wrote and the application has deleted since, and whose records are
-- still there. Grain: one row per deleted customer that has a cluster of its own.
-- Input: identity.clusters, promoted.customers, promoted.links, source.customers,
-- source.customer_merges. Output: identity.deleted_customers(customer_id, tenant_id, cluster_no).
-- A cluster that holds a live customer has lost nobody. Of several deleted ones in a cluster the
-- earliest record's stands for it; of several clusters the one with the earliest record.
-- What a gone customer was linked to is found first: joined all at once, gone customers and clusters
-- have nothing but the tenant in common.
CREATE OR REPLACE TABLE identity.deleted_customers AS
WITH
gone AS (
    SELECT c.id, c.tenant_id
    FROM promoted.customers AS c
    LEFT JOIN source.customers AS l ON l.id = c.id
    LEFT JOIN source.customer_merges AS m ON m.merged_id = c.id
    WHERE l.id IS NULL AND m.merged_id IS NULL
),
held AS MATERIALIZED (
    SELECT g.id, g.tenant_id, p.source_table, p.source_id
    FROM gone AS g
    JOIN promoted.links AS p ON p.customer_id = g.id
),
claims AS (
    SELECT h.id, h.tenant_id, k.cluster_no, min(k.record_no) AS record_no
    FROM held AS h
    JOIN identity.clusters AS k
        ON k.source_table = h.source_table
        AND k.source_id = h.source_id
        AND k.tenant_id = h.tenant_id
    LEFT JOIN (
        SELECT DISTINCT cluster_no FROM identity.clusters WHERE source_table = 'customers'
    ) AS living ON living.cluster_no = k.cluster_no
    WHERE living.cluster_no IS NULL
    GROUP BY h.id, h.tenant_id, k.cluster_no
),
placed AS (
    SELECT
        id,
        tenant_id,
        cluster_no,
        row_number() OVER (PARTITION BY id ORDER BY record_no) AS customer_place,
        row_number() OVER (PARTITION BY cluster_no ORDER BY record_no, id) AS cluster_place
    FROM claims
)
SELECT id AS customer_id, tenant_id, cluster_no
FROM placed
WHERE customer_place = 1 AND cluster_place = 1;
