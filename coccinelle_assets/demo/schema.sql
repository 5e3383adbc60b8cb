-- The application's tables, as deployed: what the pipeline reads, plus the columns around it.
-- Grain: DDL only. Input: none. Output: an empty application database.

CREATE TABLE tenants (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    api_key TEXT,
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    name TEXT,
    email TEXT,
    role TEXT,
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE commercial_agents (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    first_name TEXT,
    last_name TEXT,
    email TEXT,
    phone TEXT,
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE omni_phone_mappings (
    phone_number TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    channel TEXT
);

CREATE TABLE prospects (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    first_name TEXT,
    last_name TEXT,
    email TEXT,
    phone TEXT,
    status TEXT DEFAULT 'new',
    source TEXT,
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
    updated_at DATETIME DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE appointments (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    prospect_id TEXT,
    agent_id TEXT,
    customer_name TEXT,
    customer_email TEXT,
    customer_phone TEXT,
    appointment_date DATETIME,
    duration_minutes INTEGER DEFAULT 30,
    status TEXT DEFAULT 'scheduled',
    notes TEXT,
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
    updated_at DATETIME DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE omni_conversations (
    id TEXT PRIMARY KEY,
    conversation_sid TEXT UNIQUE,
    tenant_id TEXT NOT NULL,
    customer_phone TEXT,
    customer_email TEXT,
    customer_name TEXT,
    active_channels TEXT,
    current_channel TEXT,
    context TEXT,
    first_message_at DATETIME,
    last_message_at DATETIME,
    status TEXT DEFAULT 'active',
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
    updated_at DATETIME DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX idx_prospects_tenant ON prospects (tenant_id);
CREATE INDEX idx_appointments_tenant_date ON appointments (tenant_id, appointment_date);
CREATE INDEX idx_omni_conversations_tenant ON omni_conversations (tenant_id);
