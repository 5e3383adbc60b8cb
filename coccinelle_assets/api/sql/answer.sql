-- The answer that was given under a key. Grain: one row at most. Input: customer_api_answers.
-- Parameters: :tenant, :key.
SELECT request, status, headers, body
FROM customer_api_answers
WHERE tenant_id = :tenant AND idempotency_key = :key
