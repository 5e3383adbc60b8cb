-- Offenders: ids that more than one row of a source table has. Grain: one row per id.
SELECT source_table, source_id, count(*) AS records
FROM identity.contacts
WHERE source_id IS NOT NULL
GROUP BY source_table, source_id
HAVING count(*) > 1
