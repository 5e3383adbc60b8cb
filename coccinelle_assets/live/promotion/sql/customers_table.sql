-- The customers table of the migration plan; {tenant_key} is its foreign key where tenants exist.
-- Grain: one row per customer.
CREATE TABLE IF NOT EXISTS customers (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    first_name TEXT,
    last_name TEXT,
    email TEXT,
    phone TEXT,
    status TEXT DEFAULT 'active',
    source TEXT,
    tags TEXT,
    preferred_contact_method TEXT,
    language TEXT DEFAULT 'fr',
    timezone TEXT DEFAULT 'Europe/Paris',
    total_appointments INTEGER DEFAULT 0,
    total_conversations INTEGER DEFAULT 0,
    last_contact_at DATETIME,
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
    updated_at DATETIME DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (tenant_id, email),
    UNIQUE (tenant_id, phone){tenant_key}
)
