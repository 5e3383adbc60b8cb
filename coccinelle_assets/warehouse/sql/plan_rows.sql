-- Fills an attached plan file (plan_tables.sql) out of the warehouse. Its links are filled by
-- plan_links.sql.
-- Grain: as there. Input: ssot.*, source.*, gate.*. Parameters: none.
INSERT INTO plan.new_customers
SELECT
    c.id, c.tenant_id, c.first_name, c.last_name, c.email, c.phone, c.status, c.source, c.tags,
    c.preferred_contact_method, c.language, c.timezone, c.total_appointments,
    c.total_conversations, c.last_contact_at, c.created_at
FROM ssot.customers AS c
LEFT JOIN source.customers AS l ON l.id = c.id
WHERE l.id IS NULL
ORDER BY c.id;

INSERT INTO plan.new_prospects
SELECT w.customer_id, c.source_id, c.tenant_id, c.raw_email, c.raw_phone
FROM identity.members AS k
JOIN identity.contacts AS c ON c.record_no = k.record_no
JOIN ssot.crosswalk AS w ON w.cluster_no = k.cluster_no
LEFT JOIN source.customers AS l ON l.id = w.customer_id
WHERE c.source_table = 'prospects' AND l.id IS NULL
ORDER BY c.source_id;

INSERT INTO plan.customer_changes
SELECT
    c.id, c.tenant_id, c.first_name, c.last_name, c.email, c.phone, c.status, c.source, c.tags,
    c.preferred_contact_method, c.language, c.timezone,
    l.first_name, l.last_name, l.email, l.phone, l.status, l.source, l.tags,
    l.preferred_contact_method, l.language, l.timezone
FROM ssot.customers AS c
JOIN source.customers AS l ON l.id = c.id
WHERE c.first_name IS DISTINCT FROM l.first_name
    OR c.last_name IS DISTINCT FROM l.last_name
    OR c.email IS DISTINCT FROM l.email
    OR c.phone IS DISTINCT FROM l.phone
    OR c.status IS DISTINCT FROM l.status
    OR c.source IS DISTINCT FROM l.source
    OR c.tags IS DISTINCT FROM l.tags
    OR c.preferred_contact_method IS DISTINCT FROM l.preferred_contact_method
    OR c.language IS DISTINCT FROM l.language
    OR c.timezone IS DISTINCT FROM l.timezone
ORDER BY c.id;

INSERT INTO plan.customer_merges
SELECT m.merged_id, m.customer_id, m.tenant_id, m.reason, l.email, l.phone
FROM ssot.customer_merges AS m
JOIN source.customers AS l ON l.id = m.merged_id
ORDER BY m.merged_id;

INSERT INTO plan.cleared_links
SELECT source_table, id, previous_customer_id FROM ssot.cleared_links ORDER BY source_table, id;

INSERT INTO plan.seen_arrivals SELECT id FROM source.customer_arrivals ORDER BY id;

INSERT INTO plan.seen_arrival_links
SELECT source_table, record_id, customer_id
FROM source.arrival_links
ORDER BY source_table, record_id;

INSERT INTO plan.application_identifiers
SELECT DISTINCT id FROM gate.application_identifiers WHERE id IS NOT NULL ORDER BY id;

INSERT INTO plan.live_targets
SELECT DISTINCT k.customer_id
FROM (
    SELECT customer_id FROM ssot.appointment_links
    WHERE customer_id IS DISTINCT FROM previous_customer_id
    UNION ALL
    SELECT customer_id FROM ssot.conversation_links
    WHERE customer_id IS DISTINCT FROM previous_customer_id
) AS k
JOIN source.customers AS l ON l.id = k.customer_id
ORDER BY k.customer_id;

INSERT INTO plan.link_statistics
SELECT
    customer_id, lowest_tenant, highest_tenant, total_appointments, total_conversations,
    last_contact_at
FROM gate.link_statistics
ORDER BY customer_id;
