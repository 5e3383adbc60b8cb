-- How many records the customers have. Grain: one row per range of sizes, the smallest first.
-- Input: identity.members, identity.contacts. Output: smallest (the range's lower end), customers.
-- From ten records on the ranges widen. A customer without records was written by the application.
SELECT
    CASE
        WHEN records <= 10 THEN records
        WHEN records <= 20 THEN 11
        WHEN records <= 50 THEN 21
        WHEN records <= 100 THEN 51
        ELSE 101
    END AS smallest,
    count(*) AS customers
FROM (
    SELECT count(*) FILTER (WHERE c.source_table <> 'customers') AS records
    FROM identity.members AS m
    JOIN identity.contacts AS c ON c.record_no = m.record_no
    GROUP BY m.cluster_no
) AS sizes
GROUP BY smallest
ORDER BY smallest
