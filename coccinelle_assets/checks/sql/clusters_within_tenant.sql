-- Offenders: clusters with records of more than one tenant. Grain: one row per cluster.
SELECT k.cluster_id, count(DISTINCT k.tenant_id) AS tenants
FROM (
    SELECT m.cluster_no
    FROM identity.members AS m
    JOIN identity.contacts AS c ON c.record_no = m.record_no
    GROUP BY m.cluster_no
    HAVING min(c.tenant_id) <> max(c.tenant_id)
) AS crossing
JOIN identity.clusters AS k ON k.cluster_no = crossing.cluster_no
GROUP BY k.cluster_id
