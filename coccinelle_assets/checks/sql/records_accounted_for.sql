-- Offenders: sources of a tenant whose records are not all linked or listed with a reason.
-- Grain: one row per (source_table, tenant_id).
SELECT source_table, tenant_id, sum(records) AS records, sum(linked) AS linked,
    sum(unlinked) AS unlinked
FROM (
    SELECT 'appointments' AS source_table, tenant_id, count(*) AS records, 0 AS linked, 0 AS unlinked
    FROM source.appointments GROUP BY tenant_id
    UNION ALL
    SELECT 'omni_conversations', tenant_id, count(*), 0, 0
    FROM source.omni_conversations GROUP BY tenant_id
    UNION ALL
    SELECT 'prospects', tenant_id, count(*), 0, 0 FROM source.prospects GROUP BY tenant_id
    UNION ALL
    SELECT 'appointments', tenant_id, 0, count(*), 0
    FROM ssot.appointment_links GROUP BY tenant_id
    UNION ALL
    SELECT 'omni_conversations', tenant_id, 0, count(*), 0
    FROM ssot.conversation_links GROUP BY tenant_id
    UNION ALL
    SELECT 'prospects', c.tenant_id, 0, count(*), 0
    FROM identity.members AS m
    JOIN identity.contacts AS c ON c.record_no = m.record_no
    WHERE c.source_table = 'prospects' GROUP BY c.tenant_id
    UNION ALL
    SELECT source_table, tenant_id, 0, 0, count(*)
    FROM ssot.unlinked_records GROUP BY source_table, tenant_id
) AS counts
GROUP BY source_table, tenant_id
HAVING sum(records) <> sum(linked) + sum(unlinked)
