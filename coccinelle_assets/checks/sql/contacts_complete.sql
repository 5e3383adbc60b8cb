-- Offenders: source tables whose rows and contacts are not as many. Grain: one row per table.
SELECT s.source_table, s.records, COALESCE(c.contacts, 0) AS contacts
FROM (
    SELECT 'prospects' AS source_table, count(*) AS records FROM source.prospects
    UNION ALL
    SELECT 'appointments', count(*) FROM source.appointments
    UNION ALL
    SELECT 'omni_conversations', count(*) FROM source.omni_conversations
    UNION ALL
    SELECT 'customers', count(*) FROM source.customers
) AS s
LEFT JOIN (
    SELECT source_table, count(*) AS contacts FROM identity.contacts GROUP BY source_table
) AS c ON c.source_table = s.source_table
WHERE s.records <> COALESCE(c.contacts, 0)
