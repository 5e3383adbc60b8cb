-- That all of a new customer was derived of a record, not written by the application.
-- Grain: one row. Output: customer_arrivals.
INSERT OR REPLACE INTO customer_arrivals (
    id, tenant_id, first_name, last_name, email, phone, status, source, tags,
    preferred_contact_method, language, timezone
)
VALUES (
    :id, :tenant_id, :first_name, :last_name, :email, :phone, :status, :source, :tags,
    :preferred_contact_method, :language, :timezone
)
