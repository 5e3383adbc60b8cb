-- A page of a table: as many rows behind the last one as fit. Grain: one row each.
-- {row} packs its values in one text; {behind} and {order} take up where the page before ended.
-- Output: packed, size (bytes).
SELECT packed, size
FROM (
    SELECT packed, size, SUM(size) OVER (ROWS UNBOUNDED PRECEDING) AS so_far
    FROM (
        SELECT packed, length(CAST(packed AS BLOB)) AS size
        FROM (SELECT {row} AS packed FROM {table} {behind} {order})
    )
)
WHERE so_far - size < {page_bytes}
