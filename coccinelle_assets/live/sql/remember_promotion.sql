-- The rows of one run in live.customers and live.links; runs before the last promoted one go.
-- Input: ssot.crosswalk, ssot.*_links, identity.*, source.wave (all tenants when empty).
-- Parameters: $run_id, $last_run_id.
-- Grain: one row per promotion and customer, and per promotion and source record.
DELETE FROM live.customers
WHERE run_id = $run_id OR run_id IS DISTINCT FROM $last_run_id;

DELETE FROM live.links
WHERE run_id = $run_id OR run_id IS DISTINCT FROM $last_run_id;

DELETE FROM live.shared_identifiers
WHERE run_id = $run_id OR run_id IS DISTINCT FROM $last_run_id;

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

-- A wave says nothing of other tenants: what the promotion before wrote of them holds on.
INSERT INTO live.customers
SELECT c.* REPLACE ($run_id AS run_id)
FROM live.customers AS c
WHERE c.run_id = $last_run_id
    AND EXISTS (SELECT 1 FROM source.wave)
    AND c.tenant_id NOT IN (SELECT tenant_id FROM source.wave);

INSERT INTO live.shared_identifiers
SELECT s.* REPLACE ($run_id AS run_id)
FROM live.shared_identifiers AS s
WHERE s.run_id = $last_run_id
    AND EXISTS (SELECT 1 FROM source.wave)
    AND s.tenant_id NOT IN (SELECT tenant_id FROM source.wave);

INSERT INTO live.links
SELECT k.* REPLACE ($run_id AS run_id)
FROM live.links AS k
WHERE k.run_id = $last_run_id
    AND EXISTS (SELECT 1 FROM source.wave)
    AND k.tenant_id NOT IN (SELECT tenant_id FROM source.wave);
