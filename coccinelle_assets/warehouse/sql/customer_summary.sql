-- Customers before and after, merged ones, and customers that have any record. Grain: one row.
SELECT
    (SELECT count(*) FROM source.customers),
    (SELECT count(*) FROM ssot.customers),
    (SELECT count(*) FROM ssot.customer_merges),
    (
        SELECT count(DISTINCT m.cluster_no)
        FROM identity.members AS m
        JOIN identity.contacts AS c ON c.record_no = m.record_no
        WHERE c.source_table <> 'customers'
    )
