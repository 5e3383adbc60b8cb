-- The new customers, in the order of the plan, which is that of the primary key and of what counts
-- their links. Grain: one row per customer. Input: plan.new_customers, {kept}
-- tells which of them. Output: customers.
INSERT INTO customers (
    id, tenant_id, first_name, last_name, email, phone, status, source, tags,
    preferred_contact_method, language, timezone, total_appointments, total_conversations,
    last_contact_at, created_at, updated_at
)
SELECT
    id, tenant_id, first_name, last_name, email, phone, status, source, tags,
    preferred_contact_method, language, timezone, total_appointments, total_conversations,
    last_contact_at, COALESCE(created_at, CURRENT_TIMESTAMP), CURRENT_TIMESTAMP
FROM plan.new_customers
WHERE {kept}
ON CONFLICT DO NOTHING
