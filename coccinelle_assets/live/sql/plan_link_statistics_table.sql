-- The count of the links as the gate made it (link_statistics.sql), beside the links of a plan.
-- Grain: one row per customer that has any.
CREATE TABLE link_statistics (
    customer_id TEXT PRIMARY KEY,
    lowest_tenant TEXT,
    highest_tenant TEXT,
    total_appointments INTEGER,
    total_conversations INTEGER,
    last_contact_at TEXT
) WITHOUT ROWID;
