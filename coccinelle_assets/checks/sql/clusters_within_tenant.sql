-- Offenders: clusters with records of more than one tenant. Grain: one row per cluster.
SELECT cluster_id, count(DISTINCT tenant_id) AS tenants
FROM identity.clusters
GROUP BY cluster_id
HAVING count(DISTINCT tenant_id) > 1
