-- Clusters: the connected components of the edges.
-- Grain: one row per source record that is tied to anything, or that holds a usable identifier.
-- Input: components (record_no, earliest_no), identity.contacts. Output: identity.members, the two
-- numbers that the models join on, and identity.clusters, a view that names what they stand for.
-- cluster_no is the record_no of its earliest record; cluster_id is the id that the customer gets
-- when it is new: cust_ and 80 bits of a hash of that record, so that a run on a copy of the
-- database gives the same ids. It is a macro, since in a view DuckDB hashes every record, also
-- those that the join then leaves out.
CREATE OR REPLACE MACRO cluster_id(tenant_id, source_table, source_id) AS (
    'cust_' || substr(md5(tenant_id || chr(31) || source_table || chr(31) || source_id), 1, 20)
);

CREATE OR REPLACE TABLE identity.members AS
SELECT record_no, earliest_no AS cluster_no
FROM components;

CREATE OR REPLACE VIEW identity.clusters AS
SELECT
    c.tenant_id,
    c.source_table,
    c.source_id,
    m.record_no,
    m.cluster_no,
    cluster_id(h.tenant_id, h.source_table, h.source_id) AS cluster_id
FROM identity.members AS m
JOIN identity.contacts AS c ON c.record_no = m.record_no
JOIN identity.contacts AS h ON h.record_no = m.cluster_no;
