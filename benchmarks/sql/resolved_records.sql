-- The customer of every source record that has one, as a migration would publish it.
-- Grain: one row per resolved record. Input: identity.clusters, ssot.crosswalk, ssot.*_links.
-- Prospects carry no link in the live database: theirs is the customer of their cluster.
SELECT k.source_id AS record_id, w.customer_id
FROM identity.clusters AS k
JOIN ssot.crosswalk AS w ON w.cluster_no = k.cluster_no
WHERE k.source_table = 'prospects'
UNION ALL
SELECT id, customer_id FROM ssot.appointment_links
UNION ALL
SELECT id, customer_id FROM ssot.conversation_links
