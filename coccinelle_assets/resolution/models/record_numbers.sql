-- The order of age: every source record numbered from the earliest seen, its dates read once.
-- Grain: one row per row of source.prospects, appointments, omni_conversations and customers.
-- Input: source.*. Output: temp.record_numbers; row_id is the row's place in its source table.
-- record_no: the smallest number of a cluster is its earliest record.
CREATE OR REPLACE TEMP TABLE record_numbers AS
WITH
dates AS (
    SELECT
        1 AS source_order,
        rowid AS row_id,
        id AS source_id,
        tenant_id,
        utc_timestamp(created_at) AS created_at,
        utc_timestamp(updated_at) AS updated_at,
        CAST(NULL AS VARCHAR) AS contacted_at
    FROM source.prospects
    UNION ALL
    SELECT
        3, rowid, id, tenant_id,
        utc_timestamp(created_at), utc_timestamp(updated_at), utc_timestamp(appointment_date)
    FROM source.appointments
    UNION ALL
    SELECT
        2, rowid, id, tenant_id,
        utc_timestamp(created_at), utc_timestamp(updated_at),
        greatest(utc_timestamp(first_message_at), utc_timestamp(last_message_at))
    FROM source.omni_conversations
    UNION ALL
    SELECT
        0, rowid, id, tenant_id, utc_timestamp(created_at), utc_timestamp(updated_at), NULL
    FROM source.customers
)
SELECT
    source_order,
    row_id,
    COALESCE(created_at, contacted_at, updated_at) AS observed_at,
    COALESCE(updated_at, created_at, contacted_at) AS changed_at,
    contacted_at,
    row_number() OVER (
        ORDER BY
            -- Numbers sort twice as fast as the texts they stand for.
            epoch(CAST(COALESCE(created_at, contacted_at, updated_at) AS TIMESTAMP)) NULLS LAST,
            source_order,
            source_id NULLS LAST,
            tenant_id NULLS LAST,
            row_id
    ) AS record_no
FROM dates;
