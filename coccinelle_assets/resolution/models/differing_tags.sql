-- Tags of live customers that differ from those of their records; not those that were derived by day.
-- Grain: one row per live customer. Input: source.customers, customer_arrivals, identity.clusters,
-- identity.golden_records. Output: id, tags, seen_tags.
WITH
tagged AS MATERIALIZED (
    SELECT l.id, l.tags, k.cluster_no
    FROM source.customers AS l
    JOIN identity.clusters AS k ON k.source_table = 'customers' AND k.source_id = l.id
    LEFT JOIN source.customer_arrivals AS a ON a.id = l.id
    WHERE l.tags IS NOT NULL AND a.tags IS DISTINCT FROM l.tags
)
SELECT t.id, t.tags, g.tags AS seen_tags
FROM tagged AS t
JOIN identity.golden_records AS g ON g.cluster_no = t.cluster_no
WHERE t.tags <> g.tags
