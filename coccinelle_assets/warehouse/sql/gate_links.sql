-- Appointments and conversations as they would be after the promotion, under the names that the
-- predicates use. Grain: that of the live tables. Input: source.*, identity.*, ssot.*_links.
-- A row that gets no link keeps the one it has, unless that is taken off.
CREATE OR REPLACE VIEW gate.appointments AS
SELECT
    s.id,
    s.tenant_id,
    COALESCE(l.customer_id, CASE WHEN d.id IS NULL THEN s.customer_id END) AS customer_id,
    s.appointment_date
FROM source.appointments AS s
LEFT JOIN ssot.appointment_links AS l ON l.id = s.id
LEFT JOIN ssot.cleared_links AS d ON d.source_table = 'appointments' AND d.id = s.id;
CREATE OR REPLACE VIEW gate.omni_conversations AS
SELECT
    s.id,
    s.tenant_id,
    COALESCE(l.customer_id, CASE WHEN d.id IS NULL THEN s.customer_id END) AS customer_id,
    s.first_message_at,
    s.last_message_at
FROM source.omni_conversations AS s
LEFT JOIN ssot.conversation_links AS l ON l.id = s.id
LEFT JOIN ssot.cleared_links AS d ON d.source_table = 'omni_conversations' AND d.id = s.id;
-- Which records are linkable is asked of the identifiers, not of the clusters under test.
CREATE OR REPLACE VIEW gate.linkable AS
SELECT c.source_table, c.source_id AS id
FROM identity.contacts AS c
LEFT JOIN identity.identifiers AS e
    ON e.tenant_id = c.tenant_id AND e.kind = 'email' AND e.value = c.email AND e.usable
LEFT JOIN identity.identifiers AS p
    ON p.tenant_id = c.tenant_id AND p.kind = 'phone' AND p.value = c.phone AND p.usable
LEFT JOIN (SELECT DISTINCT record_no FROM identity.prospect_ties WHERE usable) AS r
    ON r.record_no = c.record_no
LEFT JOIN (
    SELECT DISTINCT d.record_no
    FROM identity.more_details AS d
    JOIN identity.identifiers AS i
        ON i.tenant_id = d.tenant_id AND i.kind = d.kind AND i.value = d.value AND i.usable
) AS m ON m.record_no = c.record_no
WHERE c.tenant_id <> '' AND c.source_id IS NOT NULL
    AND c.record_no NOT IN (SELECT record_no FROM identity.left_records)
    AND c.record_no NOT IN (SELECT record_no FROM identity.foreign_records)
    AND (e.value IS NOT NULL OR p.value IS NOT NULL OR r.record_no IS NOT NULL
        OR m.record_no IS NOT NULL);
CREATE OR REPLACE VIEW gate.appointment_links AS
SELECT id FROM gate.linkable WHERE source_table = 'appointments';
CREATE OR REPLACE VIEW gate.conversation_links AS
SELECT id FROM gate.linkable WHERE source_table = 'omni_conversations';
CREATE OR REPLACE VIEW gate.deferred_records AS
SELECT '' AS source_table, '' AS id WHERE FALSE;
