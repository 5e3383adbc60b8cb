-- Distinct full names of the customers that go by more than one. Grain: one row per cluster.
-- Output: cluster_id, tenant_id, names (person keys joined by a bar), records.
SELECT k.cluster_id, k.tenant_id, several.names, several.records
FROM (
    SELECT
        m.cluster_no,
        string_agg(DISTINCT c.person, '|' ORDER BY c.person) AS names,
        count(*) AS records
    FROM (
        SELECT n.cluster_no
        FROM identity.members AS n
        JOIN identity.contacts AS p ON p.record_no = n.record_no
        WHERE p.person LIKE '% %'
        GROUP BY n.cluster_no
        HAVING min(p.person) <> max(p.person)
    ) AS named
    JOIN identity.members AS m ON m.cluster_no = named.cluster_no
    JOIN identity.contacts AS c ON c.record_no = m.record_no
    WHERE c.person LIKE '% %'
    GROUP BY m.cluster_no
) AS several
JOIN identity.cluster_heads AS k ON k.cluster_no = several.cluster_no
ORDER BY k.cluster_id
