-- Offenders: clusters with records of more than one tenant. Grain: one row per cluster.
SELECT k.cluster_id, count(DISTINCT k.tenant_id) AS tenants
FROM (
    SELECT cluster_no
    FROM identity.clusters
    GROUP BY cluster_no
    HAVING min(tenant_id) <> max(tenant_id)
) AS crossing
JOIN identity.clusters AS k ON k.cluster_no = crossing.cluster_no
GROUP BY k.cluster_id
