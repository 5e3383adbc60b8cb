-- Whether the last run has a customer. Grain: at most one row. Input: ssot.crosswalk.
-- Parameter: $customer_id.
SELECT customer_id FROM ssot.crosswalk WHERE customer_id = $customer_id LIMIT 1
