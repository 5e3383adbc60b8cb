-- Answers that nobody asks for again, with the details in them. Grain: one row per answer.
-- Output: customer_api_answers. Parameter: :kept, such as '-24 hours'.
DELETE FROM customer_api_answers WHERE answered_at < datetime('now', :kept)
