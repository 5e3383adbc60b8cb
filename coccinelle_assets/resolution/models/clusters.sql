-- Clusters: the connected components of the edges.
-- Grain: one row per source record that is tied to anything, or that holds a usable identifier.
-- Input: components (record_no, earliest_no), identity.contacts. Output: identity.clusters.
-- cluster_no is the record_no of its earliest record, what the models join on; cluster_id is the id
-- that the customer gets when it is new: cust_ and 80 bits of a hash of that record, so that a run
-- on a copy of the database gives the same ids.
CREATE OR REPLACE TABLE identity.clusters AS
WITH
named AS (
    SELECT
        f.record_no AS earliest_no,
        'cust_' || substr(
            md5(f.tenant_id || chr(31) || f.source_table || chr(31) || f.source_id), 1, 20
        ) AS cluster_id
    FROM identity.contacts AS f
    JOIN components AS k ON k.record_no = f.record_no
    WHERE k.record_no = k.earliest_no
)
SELECT
    c.tenant_id,
    c.source_table,
    c.source_id,
    c.record_no,
    k.earliest_no AS cluster_no,
    n.cluster_id
FROM components AS k
JOIN identity.contacts AS c ON c.record_no = k.record_no
JOIN named AS n ON n.earliest_no = k.earliest_no;
