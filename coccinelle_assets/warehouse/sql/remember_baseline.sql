-- The rows of one run in the tables of the schema live; those of a wave's other tenants come after
-- (keep_other_tenants.sql). Input: ssot.crosswalk, ssot.*_links, identity.*, promoted.*,
-- source.customer_merges. Parameters: $run_id, $last_run_id.
-- Grain: one row per promotion and customer, source record or identifier.
INSERT INTO live.shared_identifiers
SELECT $run_id, tenant_id, kind, value FROM identity.identifiers WHERE reason = 'shared';

INSERT INTO live.customers
SELECT
    $run_id, w.customer_id, g.tenant_id, g.first_name, g.last_name, g.email, g.phone, g.status,
    g.source, g.preferred_contact_method, g.language, g.timezone
FROM ssot.crosswalk AS w
JOIN identity.golden_records AS g ON g.cluster_no = w.cluster_no;

INSERT INTO live.links
SELECT $run_id, 'appointments', id, customer_id, tenant_id FROM ssot.appointment_links
UNION ALL
SELECT $run_id, 'omni_conversations', id, customer_id, tenant_id FROM ssot.conversation_links;

INSERT INTO live.links
SELECT $run_id, c.source_table, c.source_id, w.customer_id, c.tenant_id
FROM identity.contacts AS c
JOIN identity.members AS m ON m.record_no = c.record_no
JOIN ssot.crosswalk AS w ON w.cluster_no = m.cluster_no
WHERE c.source_table = 'prospects';

-- Records left without a customer keep pointing at the one that was deleted: it stays deleted.
INSERT INTO live.links
SELECT $run_id, source_table, source_id, customer_id, tenant_id
FROM identity.left_records;

INSERT INTO live.customers
SELECT c.* REPLACE ($run_id AS run_id)
FROM promoted.customers AS c
WHERE c.id IN (SELECT customer_id FROM identity.left_records);

-- Not where the warehouse was lost: then nobody knows which values are the application's.
INSERT INTO live.application_identifiers
WITH
held AS MATERIALIZED (
    SELECT c.source_id AS customer_id, c.tenant_id, 'email' AS kind,
        COALESCE(c.email_shown, c.email) AS value,
        p.email AS derived
    FROM identity.contacts AS c
    LEFT JOIN promoted.customers AS p ON p.id = c.source_id
    WHERE c.source_table = 'customers' AND c.email IS NOT NULL
    UNION ALL
    SELECT c.source_id, c.tenant_id, 'phone', COALESCE(c.phone_shown, c.phone), p.phone
    FROM identity.contacts AS c
    LEFT JOIN promoted.customers AS p ON p.id = c.source_id
    WHERE c.source_table = 'customers' AND c.phone IS NOT NULL
)
SELECT $run_id, h.customer_id, h.tenant_id, h.kind, h.value
FROM held AS h
LEFT JOIN promoted.application_identifiers AS a
    ON a.customer_id = h.customer_id AND a.kind = h.kind AND a.value = h.value
WHERE (h.derived IS DISTINCT FROM h.value OR a.value IS NOT NULL)
    AND (
        NOT EXISTS (SELECT 1 FROM promoted.last)
        OR EXISTS (SELECT 1 FROM promoted.customers)
    );

-- A customer that is merged now: its row stood with its earliest record, and was tied by these.
INSERT INTO live.inherited_identifiers
WITH
merged AS MATERIALIZED (
    SELECT m.merged_id, b.record_no
    FROM ssot.customer_merges AS m
    JOIN identity.contacts AS b ON b.source_id = m.merged_id AND b.source_table = 'customers'
),
earliest AS MATERIALIZED (
    SELECT m.merged_id, min(e.record_no) AS record_no
    FROM merged AS m
    JOIN identity.edges AS e ON e.other_no = m.record_no
    WHERE e.kind = 'customer_id' AND e.record_no <> e.other_no
    GROUP BY m.merged_id
),
held AS MATERIALIZED (
    SELECT m.merged_id, e.email_no AS identifier_no
    FROM merged AS m
    JOIN identity.evidence AS e ON e.record_no = m.record_no
    UNION ALL
    SELECT m.merged_id, e.phone_no
    FROM merged AS m
    JOIN identity.evidence AS e ON e.record_no = m.record_no
)
SELECT $run_id, h.merged_id, c.tenant_id, c.source_table, c.source_id, i.kind, i.value
FROM held AS h
JOIN identity.identifiers AS i ON i.identifier_no = h.identifier_no
JOIN earliest AS a ON a.merged_id = h.merged_id
JOIN identity.contacts AS c ON c.record_no = a.record_no;

-- Of one that was merged before it holds on, as long as the merge does.
INSERT INTO live.inherited_identifiers
SELECT h.* REPLACE ($run_id AS run_id)
FROM live.inherited_identifiers AS h
WHERE h.run_id = $last_run_id
    AND h.merged_id IN (SELECT merged_id FROM source.customer_merges);
