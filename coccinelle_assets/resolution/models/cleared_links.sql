-- Links that are taken off: those that a promotion wrote and whose record says nothing usable any
-- more, and those to customers that the application deleted and that do not come back.
-- Grain: one row per record that has such a link and gets no other. Input: identity.contacts,
-- identity.members, identity.silent_links, promoted.links, promoted.customers, source.customers,
-- source.customer_merges. Output: ssot.cleared_links. Why such a record has no customer any more is
-- in ssot.unlinked_records. A link to a customer that no promotion wrote is the application's own
-- affair: the gate names it.
CREATE OR REPLACE TABLE ssot.cleared_links AS
WITH
homeless AS MATERIALIZED (
    SELECT
        c.tenant_id,
        c.source_table,
        c.source_id AS id,
        c.customer_id AS previous_customer_id,
        s.record_no IS NOT NULL AS silent
    FROM identity.contacts AS c
    LEFT JOIN identity.members AS k ON k.record_no = c.record_no
    LEFT JOIN identity.silent_links AS s ON s.record_no = c.record_no
    WHERE c.source_table IN ('appointments', 'omni_conversations')
        AND c.customer_id IS NOT NULL
        AND k.record_no IS NULL
),
abandoned AS (
    SELECT h.source_table, h.id
    FROM homeless AS h
    JOIN promoted.links AS p
        ON p.source_table = h.source_table
        AND p.source_id = h.id
        AND p.customer_id = h.previous_customer_id
    WHERE NOT h.silent
),
orphaned AS (
    SELECT h.source_table, h.id
    FROM homeless AS h
    JOIN promoted.customers AS p ON p.id = h.previous_customer_id
    LEFT JOIN source.customers AS l ON l.id = h.previous_customer_id
    LEFT JOIN source.customer_merges AS m ON m.merged_id = h.previous_customer_id
    LEFT JOIN identity.deleted_customers AS d
        ON d.customer_id = h.previous_customer_id
        AND d.cluster_no IN (SELECT cluster_no FROM identity.members)
    WHERE l.id IS NULL AND m.merged_id IS NULL AND d.customer_id IS NULL
)
SELECT h.tenant_id, h.source_table, h.id, h.previous_customer_id
FROM homeless AS h
JOIN (SELECT * FROM abandoned UNION SELECT * FROM orphaned) AS o
    ON o.source_table = h.source_table AND o.id = h.id;
