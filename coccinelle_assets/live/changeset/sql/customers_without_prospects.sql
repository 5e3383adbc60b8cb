-- Of new customers with prospects: those none of whose records is as it was seen; one that still has
-- a prospect is none of them. Grain: one row per customer that is gone. Input: seen_prospects.sql;
-- {same_record}: whether a prospect `t` is the one in `l`, {as_seen}: what was seen of it; the staged
-- links, and the ids of new customers. Output: coccinelle_deferred.
DELETE FROM coccinelle_deferred
WHERE source_table = 'customers' AND reason = 'records_gone' AND id IN (
    SELECT l.customer_id
    FROM ({seen}) AS l
    JOIN prospects AS t ON {same_record}
    WHERE {as_seen}
);

INSERT INTO coccinelle_deferred (source_table, id, reason)
SELECT 'customers', l.customer_id, 'records_gone'
FROM ({seen}) AS l
LEFT JOIN prospects AS t ON {same_record} AND {as_seen}
WHERE l.customer_id IN ({created})
GROUP BY l.customer_id
HAVING count(t.id) = 0
    AND l.customer_id NOT IN (SELECT id FROM coccinelle_deferred WHERE source_table = 'customers')
    AND l.customer_id NOT IN (
        SELECT customer_id FROM ({links}) WHERE reason IS NULL AND customer_id IS NOT NULL
    );
