-- A table for the count of the links (link_statistics.sql). Grain: one row per customer that has any.
CREATE TABLE {table} (
    customer_id TEXT PRIMARY KEY,
    lowest_tenant TEXT,
    highest_tenant TEXT,
    total_appointments INTEGER,
    total_conversations INTEGER,
    last_contact_at TEXT
)
