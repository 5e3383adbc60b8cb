-- Where a merged customer's id leads. Grain: one row at most. Input: customer_merges.
-- Parameters: :tenant, :id.
SELECT customer_id FROM customer_merges WHERE merged_id = :id AND tenant_id = :tenant
