-- Merged customers that go in this promotion, and the customer that each one's links move to.
-- Grain: one row per merged id. Input: plan.customer_merges, temp.stale_customers.
-- Output: temp.moved_customers.
CREATE TEMP TABLE moved_customers (
    merged_id TEXT PRIMARY KEY, customer_id TEXT, tenant_id TEXT, reason TEXT
) WITHOUT ROWID;

INSERT INTO moved_customers
SELECT merged_id, customer_id, tenant_id, reason
FROM plan.customer_merges
WHERE merged_id NOT IN (SELECT id FROM stale_customers)
ORDER BY merged_id;
