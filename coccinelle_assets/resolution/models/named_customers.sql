-- Which customer each record names: by its link, also to an id that was merged; a prospect, which has
-- no link of its own, by the one promoted.
-- Grain: one row per record that names one. Input: identity.contacts, identity.silent_links,
-- promoted.links, source.customer_merges. Output: identity.named_customers.
-- stands: the link ties. One that the application set does; one that a promotion set only where it is
-- all there is (identity.silent_links), for prospects of that customer too.
CREATE OR REPLACE TABLE identity.named_customers AS
SELECT
    r.record_no,
    r.tenant_id,
    COALESCE(m.customer_id, r.customer_id) AS customer_id,
    p.customer_id IS NULL
        OR r.record_no IN (SELECT record_no FROM identity.silent_links) AS stands
FROM identity.contacts AS r
LEFT JOIN source.customer_merges AS m ON m.merged_id = r.customer_id
LEFT JOIN promoted.links AS p
    ON p.source_table = r.source_table
    AND p.source_id = r.source_id
    AND p.customer_id = r.customer_id
WHERE r.source_table IN ('appointments', 'omni_conversations') AND r.customer_id IS NOT NULL
UNION ALL
SELECT
    r.record_no,
    r.tenant_id,
    p.customer_id,
    p.customer_id IN (SELECT customer_id FROM identity.silent_links)
FROM identity.contacts AS r
JOIN promoted.links AS p ON p.source_table = r.source_table AND p.source_id = r.source_id
WHERE r.source_table = 'prospects';
