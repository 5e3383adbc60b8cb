-- Links to customers that the application deleted and that do not come back: they are taken off.
-- Grain: one row per record that has such a link and gets no other. Input: identity.contacts,
-- identity.members, promoted.customers, source.customers, source.customer_merges.
-- Output: ssot.cleared_links. A link to a customer that no promotion wrote is the application's own
-- affair: the gate names it.
CREATE OR REPLACE TABLE ssot.cleared_links AS
SELECT
    c.tenant_id,
    c.source_table,
    c.source_id AS id,
    c.customer_id AS previous_customer_id
FROM identity.contacts AS c
JOIN promoted.customers AS p ON p.id = c.customer_id
LEFT JOIN identity.members AS k ON k.record_no = c.record_no
LEFT JOIN source.customers AS l ON l.id = c.customer_id
LEFT JOIN source.customer_merges AS m ON m.merged_id = c.customer_id
LEFT JOIN identity.deleted_customers AS d
    ON d.customer_id = c.customer_id
    AND d.cluster_no IN (SELECT cluster_no FROM identity.members)
WHERE c.source_table IN ('appointments', 'omni_conversations')
    AND k.record_no IS NULL
    AND l.id IS NULL
    AND m.merged_id IS NULL
    AND d.customer_id IS NULL;
