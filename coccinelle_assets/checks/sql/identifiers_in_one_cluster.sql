-- Offenders: usable identifiers that tie records of more than one cluster.
-- Those that tie only where names agree may. Grain: one row per identifier.
SELECT i.tenant_id, i.kind, i.value, s.records
FROM (
    SELECT e.identifier_no, count(*) AS records
    FROM (
        SELECT record_no, email_no AS identifier_no
        FROM identity.evidence WHERE email_no IS NOT NULL
        UNION ALL
        SELECT record_no, phone_no FROM identity.evidence WHERE phone_no IS NOT NULL
        UNION ALL
        SELECT record_no, identifier_no FROM identity.more_evidence
    ) AS e
    JOIN identity.members AS k ON k.record_no = e.record_no
    WHERE e.identifier_no NOT IN (SELECT identifier_no FROM identity.name_ties)
    GROUP BY e.identifier_no
    HAVING min(k.cluster_no) <> max(k.cluster_no)
) AS s
JOIN identity.identifiers AS i ON i.identifier_no = s.identifier_no
