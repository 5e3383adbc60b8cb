-- A customer as a promotion writes one (live/promotion/sql/new_customers.sql).
-- Grain: one row. Output: customers. Parameters: the columns that vary.
INSERT INTO customers (
    id, tenant_id, first_name, last_name, email, phone, status, source, tags,
    preferred_contact_method, language, timezone, total_appointments, total_conversations,
    last_contact_at, created_at, updated_at
)
VALUES (
    $id, $tenant_id, $first_name, $last_name, $email, $phone, $status, 'appointment',
    '["appointments"]', 'phone', 'fr', 'Europe/Paris', 1, 0, '2025-01-01 10:00:00',
    CURRENT_TIMESTAMP, CURRENT_TIMESTAMP
)
