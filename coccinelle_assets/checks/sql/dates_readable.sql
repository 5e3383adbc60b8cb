-- Dates that are written and that nobody can read: the record counts as one without that date.
-- Grain: one row per record and column. Input: source.*.
WITH
written AS (
    SELECT tenant_id, 'prospects' AS source_table, id, 'created_at' AS date_column, created_at AS value
    FROM source.prospects
    UNION ALL
    SELECT tenant_id, 'prospects', id, 'updated_at', updated_at FROM source.prospects
    UNION ALL
    SELECT tenant_id, 'appointments', id, 'created_at', created_at FROM source.appointments
    UNION ALL
    SELECT tenant_id, 'appointments', id, 'updated_at', updated_at FROM source.appointments
    UNION ALL
    SELECT tenant_id, 'appointments', id, 'appointment_date', appointment_date
    FROM source.appointments
    UNION ALL
    SELECT tenant_id, 'omni_conversations', id, 'created_at', created_at
    FROM source.omni_conversations
    UNION ALL
    SELECT tenant_id, 'omni_conversations', id, 'updated_at', updated_at
    FROM source.omni_conversations
    UNION ALL
    SELECT tenant_id, 'omni_conversations', id, 'first_message_at', first_message_at
    FROM source.omni_conversations
    UNION ALL
    SELECT tenant_id, 'omni_conversations', id, 'last_message_at', last_message_at
    FROM source.omni_conversations
)
SELECT tenant_id, source_table, id, date_column, value AS written
FROM written
WHERE value <> '' AND utc_timestamp(value) IS NULL
