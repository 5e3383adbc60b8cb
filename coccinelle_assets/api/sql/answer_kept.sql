-- An answer under its key. Grain: one row. Output: customer_api_answers.
INSERT INTO customer_api_answers (tenant_id, idempotency_key, request, status, headers, body)
VALUES (:tenant, :key, :request, :status, :headers, :body)
