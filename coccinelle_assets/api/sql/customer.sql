-- Customers. Grain: one row per customer. Input: customers. {conditions}: which, and in which order.
SELECT
    id, first_name, last_name, email, phone, status, source, tags, preferred_contact_method,
    language, timezone, total_appointments, total_conversations, last_contact_at, created_at,
    updated_at
FROM customers
WHERE tenant_id = :tenant AND {conditions}
