-- Clusters: the connected components of the edges.
-- Grain: one row per source record that is tied to anything, or that holds a usable identifier.
-- Input: components (record_no, earliest_no), identity.contacts. Output: identity.members, the two
-- numbers that the models join on, and identity.clusters, a view that names what they stand for;
-- identity.cluster_heads, a view of what a cluster is called by its earliest record, whose rows are
-- to be chosen by cluster_no.
-- cluster_no is the record_no of its earliest record; cluster_id is the id that the customer gets
-- when it is new: cust_ and 80 bits of a hash of that record, so that a run on a copy of the
-- database gives the same ids.
CREATE OR REPLACE TABLE identity.members AS
SELECT record_no, earliest_no AS cluster_no
FROM components;

CREATE OR REPLACE VIEW identity.cluster_heads AS
SELECT
    record_no AS cluster_no,
    tenant_id,
    'cust_' || substr(md5(tenant_id || chr(31) || source_table || chr(31) || source_id), 1, 20)
        AS cluster_id
FROM identity.contacts;

CREATE OR REPLACE VIEW identity.clusters AS
SELECT c.tenant_id, c.source_table, c.source_id, m.record_no, m.cluster_no, h.cluster_id
FROM identity.members AS m
JOIN identity.contacts AS c ON c.record_no = m.record_no
JOIN identity.cluster_heads AS h ON h.cluster_no = m.cluster_no;
