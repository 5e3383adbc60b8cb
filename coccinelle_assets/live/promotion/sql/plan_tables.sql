-- The plan: every change that a promotion makes, as SQLite files that can be looked at; its links and
-- identifiers are in a file of their own (plan_link_tables.sql, plan_identifier_tables.sql). Rows are
-- written in the order of the live tables, so that these are filled in that order too: customers by
-- primary key.
-- Grain: one row per customer or merge that changes, in the table named after it.
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
-- The prospects of new customers, as they were seen.
CREATE TABLE new_prospects (
    customer_id TEXT,
    id TEXT,
    seen_tenant_id TEXT,
    seen_email TEXT,
    seen_phone TEXT
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
-- Links that are taken off: ssot.cleared_links.
CREATE TABLE cleared_links (
    source_table TEXT,
    id TEXT,
    seen_customer_id TEXT
);
-- What was derived of single records by day, and is promoted with this plan.
CREATE TABLE seen_arrivals (id TEXT);
CREATE TABLE seen_arrival_links (
    source_table TEXT,
    record_id TEXT,
    customer_id TEXT
);
-- Live customers that changed links lead to: they must still be there.
CREATE TABLE live_targets (id TEXT);
CREATE TABLE application_identifiers (id TEXT);
CREATE TABLE plan (
    run_id TEXT,
    customers INTEGER,
    checksums TEXT
);
