-- The largest clusters. Grain: one row per cluster; the largest first.
SELECT
    cluster_id(h.tenant_id, h.source_table, h.source_id) AS cluster_id,
    h.tenant_id,
    c.records
FROM (
    SELECT cluster_no, count(*) AS records
    FROM identity.members
    GROUP BY cluster_no
    ORDER BY records DESC, cluster_no
    LIMIT 10
) AS c
JOIN identity.contacts AS h ON h.record_no = c.cluster_no
ORDER BY c.records DESC, c.cluster_no
