-- Offenders: clusters with records of more than one tenant. Grain: one row per cluster.
SELECT cluster_id(h.tenant_id, h.source_table, h.source_id) AS cluster_id, crossing.records
FROM (
    SELECT m.cluster_no, count(*) AS records
    FROM identity.members AS m
    JOIN identity.contacts AS c ON c.record_no = m.record_no
    GROUP BY m.cluster_no
    HAVING min(COALESCE(c.tenant_id, '')) <> max(COALESCE(c.tenant_id, ''))
) AS crossing
JOIN identity.contacts AS h ON h.record_no = crossing.cluster_no
