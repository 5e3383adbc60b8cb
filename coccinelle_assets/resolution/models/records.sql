-- Every source record in one shape, details as they were written.
-- Grain: one row per row of source.prospects, appointments, omni_conversations and customers.
-- Input: source.*, tenant_regions (tenant_id, region; those of another region than the default one).
-- email_spelling and phone_spelling are the details with what their reading depends on besides: a number
-- without a country code is of its tenant's region (region_prefix.sql), and a WhatsApp account's number has one.
-- Output: temp.records, a view: the wide rows are read where they lie.
CREATE OR REPLACE TEMP VIEW records AS
SELECT
    r.*,
    {email_region} raw_email AS email_spelling,
    {phone_region}
    CASE
        WHEN lower(channel) = 'whatsapp' AND regexp_matches(raw_phone, '^[1-9]')
            THEN 'whatsapp:' || raw_phone
        ELSE raw_phone
    END AS phone_spelling
FROM (
SELECT
    1 AS source_order,
    rowid AS row_id,
    'prospects' AS source_table,
    id AS source_id,
    tenant_id,
    first_name AS raw_first_name,
    last_name AS raw_last_name,
    email AS raw_email,
    phone AS raw_phone,
    CAST(NULL AS VARCHAR) AS channel,
    status AS stage,
    source AS origin,
    prospect_id,
    CAST(NULL AS VARCHAR) AS customer_id
FROM source.prospects
UNION ALL
SELECT
    3, rowid, 'appointments', id, tenant_id, NULL, customer_name, customer_email, customer_phone,
    NULL, NULL, NULL, prospect_id, customer_id
FROM source.appointments
UNION ALL
SELECT
    2, rowid, 'omni_conversations', id, tenant_id, NULL, customer_name, customer_email,
    customer_phone, current_channel, NULL, NULL, prospect_id, customer_id
FROM source.omni_conversations
UNION ALL
-- What was derived by day says nothing by itself: its record says it.
SELECT
    0, c.rowid, 'customers', c.id, c.tenant_id,
    CASE WHEN a.first_name = c.first_name AND a.last_name IS NOT DISTINCT FROM c.last_name
        THEN NULL ELSE c.first_name END,
    CASE WHEN a.last_name = c.last_name AND a.first_name IS NOT DISTINCT FROM c.first_name
        THEN NULL ELSE c.last_name END,
    CASE WHEN a.email = c.email THEN NULL ELSE c.email END,
    CASE WHEN a.phone = c.phone THEN NULL ELSE c.phone END,
    NULL, c.status, c.source, NULL, NULL
FROM source.customers AS c
LEFT JOIN source.customer_arrivals AS a ON a.id = c.id
) AS r;
