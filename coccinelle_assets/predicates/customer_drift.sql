-- Offenders: one row when more customers appear or vanish than a run may change.
-- Parameters: $max_share of the previous customers, $tolerance in customers.
-- Customers of tenants that no promotion covered before are no drift: they are not in
-- previous_customers and drifting_customers. Grain: at most one row, for the whole database.
SELECT previous, lost, gained
FROM (
    SELECT
        (SELECT COUNT(*) FROM previous_customers) AS previous,
        (
            SELECT COUNT(*) FROM previous_customers AS p
            WHERE p.id NOT IN (SELECT id FROM customers)
        ) AS lost,
        (
            SELECT COUNT(*) FROM drifting_customers AS c
            WHERE c.id NOT IN (SELECT id FROM previous_customers)
        ) AS gained
) AS drift
WHERE previous > 0
    AND (
        (lost > $tolerance AND lost > $max_share * previous)
        OR (gained > $tolerance AND gained > $max_share * previous)
    )
