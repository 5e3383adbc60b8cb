-- The links of each customer, counted on the database as it is. Grain: one row per customer.
CREATE TABLE coccinelle_link_statistics (
    customer_id TEXT PRIMARY KEY,
    lowest_tenant TEXT,
    highest_tenant TEXT,
    total_appointments INTEGER,
    total_conversations INTEGER,
    last_contact_at TEXT
)
