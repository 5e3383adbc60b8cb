-- The records of one customer. Grain: one row per source record, the earliest first.
-- Input: ssot.crosswalk, identity.members, identity.contacts. Parameter: $customer_id.
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
FROM ssot.crosswalk AS w
JOIN identity.members AS k ON k.cluster_no = w.cluster_no
JOIN identity.contacts AS c ON c.record_no = k.record_no
WHERE w.customer_id = $customer_id
ORDER BY c.record_no
