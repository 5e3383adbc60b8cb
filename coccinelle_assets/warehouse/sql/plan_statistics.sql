-- Live customers whose statistics differ from what their links say. Grain: one number.
SELECT COUNT(*)
FROM ssot.customers AS c
JOIN source.customers AS l ON l.id = c.id
WHERE CAST(c.total_appointments AS VARCHAR) IS DISTINCT FROM l.total_appointments
    OR CAST(c.total_conversations AS VARCHAR) IS DISTINCT FROM l.total_conversations
    OR c.last_contact_at IS DISTINCT FROM l.last_contact_at
