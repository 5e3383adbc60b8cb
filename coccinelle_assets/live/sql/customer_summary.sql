-- Customers before and after, merged ones, and customers that have any record. Grain: one row.
SELECT
    (SELECT count(*) FROM source.customers),
    (SELECT count(*) FROM ssot.customers),
    (SELECT count(*) FROM ssot.customer_merges),
    (
        SELECT count(DISTINCT cluster_id) FROM identity.clusters
        WHERE source_table <> 'customers'
    )
