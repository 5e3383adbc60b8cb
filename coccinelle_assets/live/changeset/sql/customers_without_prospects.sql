-- Of new customers with prospects: those none of whose records is as it was seen; one that still has
-- a prospect is none of them. Grain: one row per customer that is gone. Input: prospects as JSON
-- rows of customer, id, tenant, e-mail and phone; whether a prospect `t` is what was seen in `l`;
-- the staged links, and the ids of new customers. Output: coccinelle_deferred.
DELETE FROM coccinelle_deferred
WHERE source_table = 'customers' AND reason = 'records_gone' AND id IN (
    SELECT l.customer_id
    FROM (
        SELECT
            json_extract(value, '$[0]') AS customer_id,
            json_extract(value, '$[1]') AS id,
            json_extract(value, '$[2]') AS seen_tenant_id,
            json_extract(value, '$[3]') AS seen_email,
            json_extract(value, '$[4]') AS seen_phone
        FROM json_each({prospects})
    ) AS l
    JOIN prospects AS t ON t.id = l.id
    WHERE {as_seen}
);

INSERT INTO coccinelle_deferred (source_table, id, reason)
SELECT 'customers', l.customer_id, 'records_gone'
FROM (
    SELECT
        json_extract(value, '$[0]') AS customer_id,
        json_extract(value, '$[1]') AS id,
        json_extract(value, '$[2]') AS seen_tenant_id,
        json_extract(value, '$[3]') AS seen_email,
        json_extract(value, '$[4]') AS seen_phone
    FROM json_each({prospects})
) AS l
LEFT JOIN prospects AS t ON t.id = l.id AND {as_seen}
WHERE l.customer_id IN ({created})
GROUP BY l.customer_id
HAVING count(t.id) = 0
    AND l.customer_id NOT IN (SELECT id FROM coccinelle_deferred WHERE source_table = 'customers')
    AND l.customer_id NOT IN (
        SELECT customer_id FROM ({links}) WHERE reason IS NULL AND customer_id IS NOT NULL
    );
