-- Records of each source, how many had a link, have one, and stay without.
-- Grain: one row per source table. A prospect has no link column: it counts as linked when it is
-- part of a customer. Input: source.*, ssot.unlinked_records.
SELECT
    s.source_table,
    s.records,
    s.linked_before,
    s.records - COALESCE(u.records, 0) AS linked,
    COALESCE(u.records, 0) AS unlinked
FROM (
    SELECT 'appointments' AS source_table, count(*) AS records, count(customer_id) AS linked_before
    FROM source.appointments
    UNION ALL
    SELECT 'omni_conversations', count(*), count(customer_id) FROM source.omni_conversations
    UNION ALL
    SELECT 'prospects', count(*), 0 FROM source.prospects
) AS s
LEFT JOIN (
    SELECT source_table, count(*) AS records
    FROM ssot.unlinked_records
    GROUP BY source_table
) AS u ON u.source_table = s.source_table
WHERE s.records > 0
ORDER BY s.source_table
