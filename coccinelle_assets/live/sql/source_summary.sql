-- Records of each source, how many had a link, have one, and stay without.
-- Grain: one row per source table. A prospect has no link column: it counts as linked when it is
-- part of a customer. Input: source.*, identity.members, identity.contacts.
SELECT
    s.source_table,
    s.records,
    s.linked_before,
    COALESCE(k.linked, 0) AS linked,
    s.records - COALESCE(k.linked, 0) AS unlinked
FROM (
    SELECT 'appointments' AS source_table, count(*) AS records, count(customer_id) AS linked_before
    FROM source.appointments
    UNION ALL
    SELECT 'omni_conversations', count(*), count(customer_id) FROM source.omni_conversations
    UNION ALL
    SELECT 'prospects', count(*), 0 FROM source.prospects
) AS s
LEFT JOIN (
    SELECT c.source_table, count(*) AS linked
    FROM identity.members AS m
    JOIN identity.contacts AS c ON c.record_no = m.record_no
    GROUP BY c.source_table
) AS k ON k.source_table = s.source_table
WHERE s.records > 0
ORDER BY s.source_table
