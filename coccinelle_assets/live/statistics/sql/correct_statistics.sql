-- Statistics that differ from the links, counted in the same transaction.
-- Input: temp.link_statistics, customers (in a wave, a view of its tenants). Output: customers.
-- Grain: one row per customer whose statistics differ.
UPDATE main.customers
SET
    total_appointments = s.total_appointments,
    total_conversations = s.total_conversations,
    last_contact_at = s.last_contact_at,
    updated_at = CURRENT_TIMESTAMP
FROM (
    SELECT
        c.id,
        COALESCE(s.total_appointments, 0) AS total_appointments,
        COALESCE(s.total_conversations, 0) AS total_conversations,
        s.last_contact_at
    FROM customers AS c
    LEFT JOIN link_statistics AS s ON s.customer_id = c.id
    WHERE c.total_appointments IS NOT COALESCE(s.total_appointments, 0)
        OR c.total_conversations IS NOT COALESCE(s.total_conversations, 0)
        OR c.last_contact_at IS NOT s.last_contact_at
) AS s
WHERE customers.id = s.id
