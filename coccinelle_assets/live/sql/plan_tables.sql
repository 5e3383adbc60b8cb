-- The plan: every change that a promotion makes, as a SQLite file that can be looked at.
-- Rows are written in the order of the live tables, so that these are filled in that order too:
-- customers by primary key, links by the place of their record.
-- Grain: one row per customer, merge or record that changes, in the table named after it.
CREATE TABLE new_customers (
    id TEXT,
    tenant_id TEXT,
    first_name TEXT,
    last_name TEXT,
    email TEXT,
    phone TEXT,
    status TEXT,
    source TEXT,
    tags TEXT,
    preferred_contact_method TEXT,
    language TEXT,
    timezone TEXT,
    total_appointments INTEGER,
    total_conversations INTEGER,
    last_contact_at TEXT,
    created_at TEXT
);
-- Live customers whose details change: the new values, and the ones seen when it was planned.
CREATE TABLE customer_changes (
    id TEXT,
    tenant_id TEXT,
    first_name TEXT,
    last_name TEXT,
    email TEXT,
    phone TEXT,
    status TEXT,
    source TEXT,
    tags TEXT,
    preferred_contact_method TEXT,
    language TEXT,
    timezone TEXT,
    seen_first_name TEXT,
    seen_last_name TEXT,
    seen_email TEXT,
    seen_phone TEXT,
    seen_status TEXT,
    seen_source TEXT,
    seen_tags TEXT,
    seen_preferred_contact_method TEXT,
    seen_language TEXT,
    seen_timezone TEXT
);
CREATE TABLE customer_merges (
    merged_id TEXT,
    customer_id TEXT,
    tenant_id TEXT,
    reason TEXT,
    seen_email TEXT,
    seen_phone TEXT
);
-- Every linkable record, with the details and the rowid seen (NULL where a table has none); changed
-- marks the links that are to be written.
CREATE TABLE appointment_links (
    id TEXT,
    customer_id TEXT,
    changed INTEGER,
    seen_tenant_id TEXT,
    seen_email TEXT,
    seen_phone TEXT,
    seen_prospect_id TEXT,
    seen_customer_id TEXT,
    live_rowid INTEGER
);
CREATE TABLE conversation_links (
    id TEXT,
    customer_id TEXT,
    changed INTEGER,
    seen_tenant_id TEXT,
    seen_email TEXT,
    seen_phone TEXT,
    seen_prospect_id TEXT,
    seen_customer_id TEXT,
    live_rowid INTEGER
);
-- Links that are taken off: their customer was deleted and does not come back.
CREATE TABLE cleared_links (
    source_table TEXT,
    id TEXT,
    seen_customer_id TEXT
);
-- Live customers that changed links lead to: they must still be there.
CREATE TABLE live_targets (id TEXT);
CREATE TABLE application_identifiers (id TEXT);
CREATE TABLE plan (
    run_id TEXT,
    customers INTEGER,
    checksums TEXT
);
