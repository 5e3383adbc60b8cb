-- Records whose customer_id names no customer: the value is the application's own, and stays. They
-- leave identity.clusters, so that nothing counts them as linked.
-- Grain: one row per source record. Input: identity.contacts, promoted.known_customers.
-- Output: identity.foreign_records, identity.members.
CREATE OR REPLACE TABLE identity.foreign_records AS
SELECT c.record_no
FROM identity.contacts AS c
WHERE c.source_table IN ('appointments', 'omni_conversations')
    AND c.customer_id <> ''
    AND c.customer_id NOT IN (SELECT k.id FROM promoted.known_customers AS k);

DELETE FROM identity.members
WHERE record_no IN (SELECT record_no FROM identity.foreign_records);
