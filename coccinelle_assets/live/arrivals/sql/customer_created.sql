-- A new customer. Grain: one row. Output: customers.
INSERT INTO customers (
    id, tenant_id, first_name, last_name, email, phone, status, source, tags,
    preferred_contact_method, language, timezone, total_appointments, total_conversations,
    created_at, updated_at
)
VALUES (
    :id, :tenant_id, :first_name, :last_name, :email, :phone, :status, :source, :tags,
    :preferred_contact_method, :language, :timezone, 0, 0, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP
)
