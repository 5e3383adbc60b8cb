-- The largest clusters. Grain: one row per cluster; the largest first.
SELECT cluster_id, min(tenant_id) AS tenant_id, count(*) AS records
FROM identity.clusters
GROUP BY cluster_id
ORDER BY records DESC, cluster_id
LIMIT 10
