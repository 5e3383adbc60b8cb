-- The order of age: every source record numbered from the earliest seen, its dates read once.
-- Grain: one row per row of source.prospects, appointments, omni_conversations and customers.
-- Input: source.*. Output: temp.record_numbers; row_id is the row's place in its source table.
-- record_no: the smallest number of a cluster is its earliest record.
CREATE OR REPLACE TEMP TABLE record_numbers AS
WITH
written AS (
    SELECT
        1 AS source_order,
        rowid AS row_id,
        id AS source_id,
        tenant_id,
        created_at,
        updated_at,
        CAST(NULL AS VARCHAR) AS first_contact_at,
        CAST(NULL AS VARCHAR) AS last_contact_at
    FROM source.prospects
    UNION ALL
    SELECT 3, rowid, id, tenant_id, created_at, updated_at, appointment_date, NULL
    FROM source.appointments
    UNION ALL
    SELECT 2, rowid, id, tenant_id, created_at, updated_at, first_message_at, last_message_at
    FROM source.omni_conversations
    UNION ALL
    SELECT 0, rowid, id, tenant_id, created_at, updated_at, NULL, NULL
    FROM source.customers
),
dates AS (
    SELECT
        source_order,
        row_id,
        source_id,
        tenant_id,
        utc_timestamp(created_at) AS created_at,
        utc_timestamp(updated_at) AS updated_at,
        greatest(utc_timestamp(first_contact_at), utc_timestamp(last_contact_at)) AS contacted_at
    FROM written
)
SELECT
    source_order,
    row_id,
    COALESCE(created_at, contacted_at, updated_at) AS observed_at,
    COALESCE(updated_at, created_at, contacted_at) AS changed_at,
    contacted_at,
    row_number() OVER (
        ORDER BY
            COALESCE(created_at, contacted_at, updated_at) NULLS LAST,
            source_order,
            source_id NULLS LAST,
            tenant_id NULLS LAST,
            row_id
    ) AS record_no
FROM dates;
