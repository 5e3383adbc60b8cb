-- Distinct full names of the customers that go by more than one. Grain: one row per cluster.
-- Output: cluster_id, tenant_id, names (person keys joined by a bar), records.
SELECT
    cluster_id(h.tenant_id, h.source_table, h.source_id) AS cluster_id,
    h.tenant_id,
    several.names,
    several.records
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
        -- Numbers take less to compare than names.
        HAVING min(hash(p.person)) <> max(hash(p.person))
    ) AS named
    JOIN identity.members AS m ON m.cluster_no = named.cluster_no
    JOIN identity.contacts AS c ON c.record_no = m.record_no
    WHERE c.person LIKE '% %'
    GROUP BY m.cluster_no
) AS several
JOIN identity.contacts AS h ON h.record_no = several.cluster_no
ORDER BY cluster_id
