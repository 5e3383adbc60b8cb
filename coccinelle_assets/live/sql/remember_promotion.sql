-- The rows of one run in live.customers and live.links; runs before the last promoted one go.
-- Input: ssot.crosswalk, identity.*. Parameters: $run_id, $last_run_id.
-- Grain: one row per promotion and customer, and per promotion and source record.
DELETE FROM live.customers
WHERE run_id = $run_id OR run_id IS DISTINCT FROM $last_run_id;

DELETE FROM live.links
WHERE run_id = $run_id OR run_id IS DISTINCT FROM $last_run_id;

INSERT INTO live.customers
SELECT
    $run_id, w.customer_id, g.tenant_id, g.first_name, g.last_name, g.email, g.phone, g.status,
    g.source, g.preferred_contact_method, g.language, g.timezone
FROM ssot.crosswalk AS w
JOIN identity.golden_records AS g ON g.cluster_id = w.cluster_id;

INSERT INTO live.links
SELECT $run_id, c.source_table, c.source_id, w.customer_id
FROM identity.clusters AS c
JOIN ssot.crosswalk AS w ON w.cluster_id = c.cluster_id
WHERE c.source_table <> 'customers';
