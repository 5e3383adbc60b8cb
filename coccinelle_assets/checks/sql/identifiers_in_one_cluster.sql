-- Offenders: usable identifiers that tie records of more than one cluster.
-- Grain: one row per identifier.
SELECT i.tenant_id, i.kind, i.value, count(DISTINCT k.cluster_id) AS clusters
FROM identity.evidence AS e
JOIN identity.identifiers AS i ON i.identifier_no = e.identifier_no
JOIN identity.clusters AS k ON k.record_no = e.record_no
GROUP BY i.tenant_id, i.kind, i.value
HAVING min(k.cluster_id) <> max(k.cluster_id)
