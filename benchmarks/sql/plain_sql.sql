-- The migration as its plan reads, in plain SQL: one table after another, details compared as
-- they were written. A person is known when the e-mail or the phone is.
-- Input: prospects, appointments, omni_conversations. Output: customers, customer_id of both.
-- Indexes are the plan's, made with the table as in the plan; INSERT OR IGNORE because the UNIQUE
-- constraints refuse the duplicates inside one SELECT.
CREATE TABLE customers (
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
    UNIQUE (tenant_id, email),
    UNIQUE (tenant_id, phone)
);
ALTER TABLE appointments ADD COLUMN customer_id TEXT;
ALTER TABLE omni_conversations ADD COLUMN customer_id TEXT;
CREATE INDEX idx_appointments_customer ON appointments (customer_id);
CREATE INDEX idx_omni_conversations_customer ON omni_conversations (customer_id);
CREATE INDEX idx_customers_tenant ON customers (tenant_id);
CREATE INDEX idx_customers_email ON customers (email);
CREATE INDEX idx_customers_phone ON customers (phone);
CREATE INDEX idx_customers_status ON customers (status);
CREATE INDEX idx_customers_last_contact ON customers (last_contact_at);

INSERT OR IGNORE INTO customers (
    id, tenant_id, first_name, last_name, email, phone, status, source
)
SELECT 'cust_' || p.id, p.tenant_id, p.first_name, p.last_name, p.email, p.phone, 'lead', p.source
FROM prospects AS p
WHERE COALESCE(p.email, p.phone) IS NOT NULL
    AND NOT EXISTS (
        SELECT 1
        FROM customers AS c
        WHERE c.tenant_id = p.tenant_id AND (c.email = p.email OR c.phone = p.phone)
    );

INSERT OR IGNORE INTO customers (id, tenant_id, last_name, email, phone, status, source)
SELECT
    'cust_' || a.id, a.tenant_id, a.customer_name, a.customer_email, a.customer_phone, 'customer',
    'appointment'
FROM appointments AS a
WHERE COALESCE(a.customer_email, a.customer_phone) IS NOT NULL
    AND NOT EXISTS (
        SELECT 1
        FROM customers AS c
        WHERE c.tenant_id = a.tenant_id
            AND (c.email = a.customer_email OR c.phone = a.customer_phone)
    );

INSERT OR IGNORE INTO customers (id, tenant_id, last_name, email, phone, status, source)
SELECT
    'cust_' || o.id, o.tenant_id, o.customer_name, o.customer_email, o.customer_phone, 'customer',
    o.current_channel
FROM omni_conversations AS o
WHERE COALESCE(o.customer_email, o.customer_phone) IS NOT NULL
    AND NOT EXISTS (
        SELECT 1
        FROM customers AS c
        WHERE c.tenant_id = o.tenant_id
            AND (c.email = o.customer_email OR c.phone = o.customer_phone)
    );

UPDATE appointments
SET customer_id = (
    SELECT c.id
    FROM customers AS c
    WHERE c.tenant_id = appointments.tenant_id
        AND (c.email = appointments.customer_email OR c.phone = appointments.customer_phone)
    LIMIT 1
);

UPDATE omni_conversations
SET customer_id = (
    SELECT c.id
    FROM customers AS c
    WHERE c.tenant_id = omni_conversations.tenant_id
        AND (
            c.email = omni_conversations.customer_email
            OR c.phone = omni_conversations.customer_phone
        )
    LIMIT 1
);

UPDATE customers
SET
    total_appointments = (
        SELECT COUNT(*) FROM appointments AS a WHERE a.customer_id = customers.id
    ),
    total_conversations = (
        SELECT COUNT(*) FROM omni_conversations AS o WHERE o.customer_id = customers.id
    ),
    last_contact_at = MAX(
        COALESCE((
            SELECT MAX(a.appointment_date) FROM appointments AS a
            WHERE a.customer_id = customers.id
        ), ''),
        COALESCE((
            SELECT MAX(o.last_message_at) FROM omni_conversations AS o
            WHERE o.customer_id = customers.id
        ), '')
    );
