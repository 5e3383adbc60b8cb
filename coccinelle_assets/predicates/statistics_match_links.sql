-- Offenders: customers whose statistics differ from their links. Grain: one row per customer.
SELECT
    c.id,
    c.tenant_id,
    c.total_appointments,
    COALESCE(s.total_appointments, 0) AS linked_appointments,
    c.total_conversations,
    COALESCE(s.total_conversations, 0) AS linked_conversations,
    c.last_contact_at,
    s.last_contact_at AS linked_last_contact_at
FROM customers AS c
LEFT JOIN link_statistics AS s ON s.customer_id = c.id
WHERE COALESCE(c.total_appointments, -1) <> COALESCE(s.total_appointments, 0)
    OR COALESCE(c.total_conversations, -1) <> COALESCE(s.total_conversations, 0)
    OR COALESCE(c.last_contact_at, '') <> COALESCE(s.last_contact_at, '')
