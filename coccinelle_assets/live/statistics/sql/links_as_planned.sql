-- Whether each customer has as many links in one table as the gate counted; read along the index of
-- the links. Grain: one row, 1 or 0. Input: {table}, plan.link_statistics.
SELECT
    (SELECT COUNT(customer_id) FROM {table})
    = (SELECT COALESCE(SUM({total}), 0) FROM plan.link_statistics)
    AND NOT EXISTS (
        SELECT 1
        FROM (
            SELECT customer_id, COUNT(*) AS links
            FROM {table}
            WHERE customer_id IS NOT NULL
            GROUP BY customer_id
        ) AS l
        LEFT JOIN plan.link_statistics AS s ON s.customer_id = l.customer_id
        WHERE s.{total} IS NOT l.links
    )
