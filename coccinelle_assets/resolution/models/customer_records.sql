-- The records of one customer. Grain: one row per source record, the earliest first.
-- Input: ssot.crosswalk, identity.members, identity.contacts. Parameter: $customer_id.
-- Step by step: each looks some numbers up, where a join would read all of every table.
WITH
cluster AS MATERIALIZED (
    SELECT cluster_no FROM ssot.crosswalk WHERE customer_id = $customer_id
),
records AS MATERIALIZED (
    SELECT record_no FROM identity.members WHERE cluster_no IN (SELECT cluster_no FROM cluster)
)
SELECT
    c.record_no,
    c.tenant_id,
    c.source_table,
    c.source_id,
    c.first_name,
    c.last_name,
    c.raw_email,
    c.raw_phone,
    c.email,
    c.phone,
    c.prospect_id,
    CAST(c.observed_at AS VARCHAR) AS observed_at
FROM identity.contacts AS c
WHERE c.record_no IN (SELECT record_no FROM records)
ORDER BY c.record_no
