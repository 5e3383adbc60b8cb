-- Distinct full names of the customers that go by more than one. Grain: one row per cluster.
-- Output: cluster_id, tenant_id, names (person keys joined by a bar), records.
SELECT
    k.cluster_id,
    min(k.tenant_id) AS tenant_id,
    string_agg(DISTINCT c.person, '|' ORDER BY c.person) AS names,
    count(*) AS records
FROM (
    SELECT m.cluster_no
    FROM identity.members AS m
    JOIN identity.contacts AS n ON n.record_no = m.record_no
    WHERE n.person LIKE '% %'
    GROUP BY m.cluster_no
    HAVING min(n.person) <> max(n.person)
) AS several
JOIN identity.clusters AS k ON k.cluster_no = several.cluster_no
JOIN identity.contacts AS c ON c.record_no = k.record_no
WHERE c.person LIKE '% %'
GROUP BY k.cluster_id
ORDER BY k.cluster_id
