-- The migration plan's indexes of the links, made after the rows: filling an index in order is
-- faster. Grain: one index per statement.
CREATE INDEX IF NOT EXISTS idx_appointments_customer ON appointments (customer_id);
CREATE INDEX IF NOT EXISTS idx_omni_conversations_customer ON omni_conversations (customer_id);
