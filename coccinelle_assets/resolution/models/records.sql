-- Every source record in one shape, details as they were written.
-- Grain: one row per row of source.prospects, appointments, omni_conversations and customers.
-- Input: source.*. Output: temp.records, and temp.record_numbers(gathered_no, record_no), where
-- record_no is the order of age: the smallest number of a cluster is its earliest record.
-- The order is found on narrow rows: sorting the wide ones costs six times as much.
CREATE OR REPLACE TEMP TABLE records AS
WITH
gathered AS (
    SELECT
        'prospects' AS source_table,
        1 AS source_order,
        id AS source_id,
        tenant_id,
        first_name AS raw_first_name,
        last_name AS raw_last_name,
        email AS raw_email,
        phone AS raw_phone,
        CAST(NULL AS VARCHAR) AS channel,
        status AS stage,
        source AS origin,
        CAST(NULL AS VARCHAR) AS prospect_id,
        CAST(NULL AS VARCHAR) AS customer_id,
        utc_timestamp(created_at) AS created_at,
        utc_timestamp(updated_at) AS updated_at,
        CAST(NULL AS VARCHAR) AS contacted_at
    FROM source.prospects
    UNION ALL
    SELECT
        'appointments', 3, id, tenant_id, NULL, customer_name, customer_email, customer_phone,
        NULL, NULL, NULL, prospect_id, customer_id,
        utc_timestamp(created_at), utc_timestamp(updated_at), utc_timestamp(appointment_date)
    FROM source.appointments
    UNION ALL
    SELECT
        'omni_conversations', 2, id, tenant_id, NULL, customer_name, customer_email, customer_phone,
        current_channel, NULL, NULL, prospect_id, customer_id,
        utc_timestamp(created_at), utc_timestamp(updated_at),
        greatest(utc_timestamp(first_message_at), utc_timestamp(last_message_at))
    FROM source.omni_conversations
    UNION ALL
    SELECT
        'customers', 0, id, tenant_id, first_name, last_name, email, phone,
        NULL, status, source, NULL, NULL,
        utc_timestamp(created_at), utc_timestamp(updated_at), NULL
    FROM source.customers)
SELECT
    *,
    COALESCE(created_at, contacted_at, updated_at) AS observed_at,
    COALESCE(updated_at, created_at, contacted_at) AS changed_at
FROM gathered;

CREATE OR REPLACE TEMP TABLE record_numbers AS
SELECT
    rowid AS gathered_no,
    row_number() OVER (
        ORDER BY
            observed_at NULLS LAST,
            source_order,
            source_id NULLS LAST,
            tenant_id NULLS LAST,
            rowid
    ) AS record_no
FROM records;
