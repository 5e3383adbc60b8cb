-- The columns that a migration uses, as text, in memory.
-- Grain: one row per source record. Input: source.* (an attached SQLite file). Output: three tables.
CREATE TABLE prospects AS
SELECT
    id, tenant_id, first_name, last_name, email, phone, status, source, created_at, updated_at
FROM source.prospects;

CREATE TABLE appointments AS
SELECT
    id, tenant_id, prospect_id, customer_name, customer_email, customer_phone, appointment_date,
    created_at, updated_at
FROM source.appointments;

CREATE TABLE omni_conversations AS
SELECT
    id, tenant_id, customer_name, customer_email, customer_phone, current_channel,
    first_message_at, last_message_at, created_at, updated_at
FROM source.omni_conversations;
