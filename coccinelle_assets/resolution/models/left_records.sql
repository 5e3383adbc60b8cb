-- Records that stay without a customer because the application deleted theirs, by the setting
-- deleted_customers = leave: {left} is TRUE then. They leave identity.clusters.
-- Grain: one row per source record. Input: identity.deleted_customers, identity.clusters.
-- Output: identity.left_records, identity.members.
CREATE OR REPLACE TABLE identity.left_records AS
SELECT k.tenant_id, k.source_table, k.source_id, k.record_no, d.customer_id
FROM identity.clusters AS k
JOIN identity.deleted_customers AS d ON d.cluster_no = k.cluster_no
WHERE {left};

DELETE FROM identity.members
WHERE record_no IN (SELECT record_no FROM identity.left_records);
