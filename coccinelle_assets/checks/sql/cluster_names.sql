-- Distinct names of the customers that go by more than one. Grain: one row per cluster.
-- Output: cluster_id, tenant_id, names (person keys joined by a bar), records.
SELECT
    k.cluster_id,
    min(k.tenant_id) AS tenant_id,
    string_agg(DISTINCT c.person, '|' ORDER BY c.person) AS names,
    count(*) AS records
FROM identity.clusters AS k
JOIN identity.contacts AS c ON c.record_no = k.record_no
WHERE c.person LIKE '% %'
GROUP BY k.cluster_id
HAVING min(c.person) <> max(c.person)
ORDER BY k.cluster_id
