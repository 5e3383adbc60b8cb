-- Rejected identifiers by reason, the most frequent first. Grain: one row per (kind, reason).
SELECT kind, reason, count(*) AS identifiers, sum(records)::BIGINT AS records
FROM identity.identifiers
WHERE NOT usable
GROUP BY kind, reason
ORDER BY identifiers DESC, kind, reason
