-- Unlinked records by source and reason, the most frequent first.
-- Grain: one row per (source_table, reason).
SELECT source_table, reason, count(*) AS records
FROM ssot.unlinked_records
GROUP BY source_table, reason
ORDER BY records DESC, source_table, reason
