-- Planned changes that must wait for another customer: one that holds the e-mail or phone and stays
-- as it is, or one that waits itself (it keeps both), however long the chain.
-- Grain: one row per customer id.
-- Input: temp.waiting_customers (id, holder_id), plan.customer_changes, plan.customer_merges.
-- Output: temp.stale_customers.
INSERT INTO stale_customers
SELECT DISTINCT id
FROM waiting_customers
WHERE holder_id NOT IN (SELECT id FROM plan.customer_changes)
    AND holder_id NOT IN (SELECT merged_id FROM plan.customer_merges)
    AND id NOT IN (SELECT id FROM stale_customers);

INSERT INTO waiting_customers SELECT merged_id, customer_id FROM plan.customer_merges;

CREATE INDEX temp.waiting_customers_holder ON waiting_customers (holder_id);

INSERT INTO stale_customers
WITH RECURSIVE
late (id) AS (
    SELECT id FROM stale_customers
    UNION
    SELECT w.id
    FROM late AS l
    CROSS JOIN waiting_customers AS w ON w.holder_id = l.id
)
SELECT id FROM late WHERE id NOT IN (SELECT id FROM stale_customers);

DROP TABLE temp.waiting_customers;
