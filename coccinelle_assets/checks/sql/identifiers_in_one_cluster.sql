-- Offenders: usable identifiers that tie records of more than one cluster.
-- Grain: one row per identifier.
SELECT i.tenant_id, i.kind, i.value, s.records
FROM (
    SELECT e.identifier_no, count(*) AS records
    FROM identity.evidence AS e
    JOIN identity.clusters AS k ON k.record_no = e.record_no
    GROUP BY e.identifier_no
    HAVING min(k.cluster_id) <> max(k.cluster_id)
) AS s
JOIN identity.identifiers AS i ON i.identifier_no = s.identifier_no
