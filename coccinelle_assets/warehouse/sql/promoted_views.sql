-- What the promotion that the live database names as its last one derived and linked.
-- Without its rows here (another machine promoted, or the warehouse was removed) every live value
-- counts as the application's own, which is the safe reading: nothing is overwritten.
-- What was derived of single records since is as if that promotion had derived it.
-- promoted.known_customers: ids that name a customer, one that is there, was merged into another, or
-- was promoted, by the last run, by day, or by any run at all (its id says so). Whatever else a
-- customer_id holds is the application's own, and is never written over.
-- Input: promoted.last (run_id, all_tenants; no row before a first promotion), live.*,
-- source.customer_arrivals, arrival_links.
-- Grain: one row per customer in promoted.customers, per source record in promoted.links.
CREATE OR REPLACE VIEW promoted.customers AS
SELECT c.* FROM live.customers AS c JOIN promoted.last AS l ON l.run_id = c.run_id
UNION ALL BY NAME
SELECT l.run_id, a.* EXCLUDE (tags)
FROM source.customer_arrivals AS a
CROSS JOIN promoted.last AS l
WHERE a.id NOT IN (
    SELECT c.id FROM live.customers AS c WHERE c.run_id = l.run_id AND c.id IS NOT NULL
);
CREATE OR REPLACE VIEW promoted.links AS
SELECT k.*
FROM live.links AS k
JOIN promoted.last AS l ON l.run_id = k.run_id
LEFT JOIN source.arrival_links AS a
    ON a.record_id = k.source_id
    AND a.source_table = k.source_table
WHERE a.record_id IS NULL
UNION ALL BY NAME
SELECT l.run_id, a.source_table, a.record_id AS source_id, a.customer_id, a.tenant_id
FROM source.arrival_links AS a
CROSS JOIN promoted.last AS l;
CREATE OR REPLACE VIEW promoted.shared_identifiers AS
SELECT s.* FROM live.shared_identifiers AS s JOIN promoted.last AS l ON l.run_id = s.run_id;
CREATE OR REPLACE VIEW promoted.application_identifiers AS
SELECT a.* FROM live.application_identifiers AS a JOIN promoted.last AS l ON l.run_id = a.run_id;
CREATE OR REPLACE VIEW promoted.inherited_identifiers AS
SELECT h.* FROM live.inherited_identifiers AS h JOIN promoted.last AS l ON l.run_id = h.run_id;
CREATE OR REPLACE VIEW promoted.known_customers AS
SELECT id FROM source.customers WHERE id IS NOT NULL
UNION
SELECT merged_id FROM source.customer_merges WHERE merged_id IS NOT NULL
UNION
SELECT id FROM promoted.customers WHERE id IS NOT NULL
UNION
SELECT customer_id FROM source.appointments WHERE regexp_full_match(customer_id, 'cust_[0-9a-f]{20}')
UNION
SELECT customer_id
FROM source.omni_conversations
WHERE regexp_full_match(customer_id, 'cust_[0-9a-f]{20}');
