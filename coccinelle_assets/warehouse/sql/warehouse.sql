-- The warehouse's schemas, and what the last promotions wrote.
-- Grain of live.customers: one row per promotion and customer, the values as derived, before the
-- application's edits. Grain of live.links: one row per promotion and source record.
CREATE SCHEMA IF NOT EXISTS source;
CREATE SCHEMA IF NOT EXISTS identity;
CREATE SCHEMA IF NOT EXISTS ssot;
CREATE SCHEMA IF NOT EXISTS live;
CREATE SCHEMA IF NOT EXISTS promoted;
CREATE SCHEMA IF NOT EXISTS gate;
CREATE SCHEMA IF NOT EXISTS readings;
CREATE TABLE IF NOT EXISTS source.wave (tenant_id VARCHAR);
CREATE TABLE IF NOT EXISTS live.customers (
    run_id VARCHAR,
    id VARCHAR,
    tenant_id VARCHAR,
    first_name VARCHAR,
    last_name VARCHAR,
    email VARCHAR,
    phone VARCHAR,
    status VARCHAR,
    source VARCHAR,
    preferred_contact_method VARCHAR,
    language VARCHAR,
    timezone VARCHAR
);
CREATE TABLE IF NOT EXISTS live.links (
    run_id VARCHAR,
    source_table VARCHAR,
    source_id VARCHAR,
    customer_id VARCHAR
);
-- A warehouse of an older version: whose links they are was not kept, so they count for nothing.
ALTER TABLE live.links ADD COLUMN IF NOT EXISTS tenant_id VARCHAR;
CREATE TABLE IF NOT EXISTS live.shared_identifiers (
    run_id VARCHAR,
    tenant_id VARCHAR,
    kind VARCHAR,
    value VARCHAR
);
-- E-mails and phones that the application wrote in a customer's row. Records may say the same by now.
CREATE TABLE IF NOT EXISTS live.application_identifiers (
    run_id VARCHAR,
    customer_id VARCHAR,
    tenant_id VARCHAR,
    kind VARCHAR,
    value VARCHAR
);
-- What the row of a merged customer tied to its earliest record: the row is gone, the tie is not.
CREATE TABLE IF NOT EXISTS live.inherited_identifiers (
    run_id VARCHAR,
    merged_id VARCHAR,
    tenant_id VARCHAR,
    source_table VARCHAR,
    source_id VARCHAR,
    kind VARCHAR,
    value VARCHAR
);
-- Whose records the warehouse holds.
CREATE TABLE IF NOT EXISTS live.owner (
    database VARCHAR,
    run_id VARCHAR,
    rules VARCHAR
);
CREATE TABLE IF NOT EXISTS live.fingerprints (
    run_id VARCHAR,
    fingerprint VARCHAR
);
-- What Python read of a spelling, by the rules of that run.
CREATE TABLE IF NOT EXISTS readings.email_spellings (
    spelling VARCHAR,
    value VARCHAR,
    rules VARCHAR
);
ALTER TABLE readings.email_spellings ADD COLUMN IF NOT EXISTS shown VARCHAR;
ALTER TABLE readings.email_spellings ADD COLUMN IF NOT EXISTS more VARCHAR;
CREATE TABLE IF NOT EXISTS readings.phone_spellings (
    spelling VARCHAR,
    value VARCHAR,
    rules VARCHAR
);
ALTER TABLE readings.phone_spellings ADD COLUMN IF NOT EXISTS shown VARCHAR;
ALTER TABLE readings.phone_spellings ADD COLUMN IF NOT EXISTS more VARCHAR;
CREATE TABLE IF NOT EXISTS readings.name_spellings (
    spelling VARCHAR,
    first_name VARCHAR,
    last_name VARCHAR,
    rules VARCHAR
);
CREATE TABLE IF NOT EXISTS readings.pair_spellings (
    raw_first_name VARCHAR,
    raw_last_name VARCHAR,
    first_name VARCHAR,
    last_name VARCHAR,
    rules VARCHAR
);
