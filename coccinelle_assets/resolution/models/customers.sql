-- The customers: golden records under their lasting ids, the application's edits on top.
-- Grain: one row per customer. Input: identity.golden_records, identity.clusters,
-- identity.deleted_customers,
-- identity.contacts, source.customers (live rows), source.customer_merges, promoted.customers
-- (what the last promotion derived), source.customer_arrivals (customers derived by day), merged_tags (id, tags). Output: ssot.customers with the
-- migration plan's columns, ssot.customer_merges and ssot.crosswalk (cluster -> customer id).
-- A live customer keeps its id; when one cluster holds several, the oldest survives. One that the
-- application deleted comes back under the id it had.
CREATE OR REPLACE TABLE ssot.crosswalk AS
WITH
live AS (
    SELECT
        k.cluster_no,
        k.source_id AS id,
        k.tenant_id,
        row_number() OVER (PARTITION BY k.cluster_no ORDER BY k.record_no) AS seniority
    FROM identity.clusters AS k
    WHERE k.source_table = 'customers'
),
taken AS (
    SELECT id FROM source.customers
    UNION
    SELECT merged_id FROM source.customer_merges
)
SELECT
    g.cluster_no,
    g.cluster_id,
    g.tenant_id,
    COALESCE(
        l.id,
        d.customer_id,
        CASE
            -- The hash names a customer that now stands elsewhere: never the same id twice.
            WHEN t.id IS NOT NULL
            THEN 'cust_' || substr(md5(g.cluster_id || chr(31) || 'split'), 1, 20)
            ELSE g.cluster_id
        END
    ) AS customer_id
FROM identity.golden_records AS g
LEFT JOIN live AS l ON l.cluster_no = g.cluster_no AND l.seniority = 1
LEFT JOIN identity.deleted_customers AS d ON d.cluster_no = g.cluster_no
LEFT JOIN taken AS t ON t.id = g.cluster_id;

CREATE OR REPLACE TABLE ssot.customer_merges AS
SELECT
    k.source_id AS merged_id,
    w.customer_id,
    k.tenant_id,
    'shared evidence' AS reason
FROM identity.clusters AS k
JOIN ssot.crosswalk AS w ON w.cluster_no = k.cluster_no
WHERE k.source_table = 'customers' AND k.source_id <> w.customer_id;

CREATE OR REPLACE TABLE ssot.customers AS
SELECT
    w.customer_id AS id,
    w.tenant_id,
    {first_name},
    {last_name},
    {email},
    {phone},
    {status},
    {source},
    COALESCE(m.tags, g.tags) AS tags,
    {preferred_contact_method},
    {language},
    {timezone},
    g.total_appointments,
    g.total_conversations,
    g.last_contact_at,
    COALESCE(l.created_at, g.observed_at) AS created_at,
    l.updated_at
FROM ssot.crosswalk AS w
JOIN identity.golden_records AS g ON g.cluster_no = w.cluster_no
LEFT JOIN source.customers AS l ON l.id = w.customer_id
LEFT JOIN promoted.customers AS p ON p.id = w.customer_id
LEFT JOIN source.customer_arrivals AS r ON r.id = w.customer_id
LEFT JOIN merged_tags AS m ON m.id = w.customer_id;
