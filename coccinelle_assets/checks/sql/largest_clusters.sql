-- The largest clusters. Grain: one row per cluster; the largest first.
SELECT k.cluster_id, k.tenant_id, c.records
FROM (
    SELECT cluster_no, count(*) AS records
    FROM identity.members
    GROUP BY cluster_no
    ORDER BY records DESC, cluster_no
    LIMIT 10
) AS c
JOIN identity.cluster_heads AS k ON k.cluster_no = c.cluster_no
ORDER BY c.records DESC, c.cluster_no
