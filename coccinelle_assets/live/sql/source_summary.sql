-- Records of each source, how many had a link, have one, and stay without.
-- Grain: one row per source table. A prospect has no link column: it counts as linked when it is
-- part of a customer.
SELECT
    c.source_table,
    count(*) AS records,
    count(c.customer_id) AS linked_before,
    count(k.record_no) AS linked,
    count(*) - count(k.record_no) AS unlinked
FROM identity.contacts AS c
LEFT JOIN identity.clusters AS k ON k.record_no = c.record_no
WHERE c.source_table <> 'customers'
GROUP BY c.source_table
ORDER BY c.source_table
