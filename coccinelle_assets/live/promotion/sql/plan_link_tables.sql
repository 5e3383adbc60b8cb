-- The links of one table in a plan, in the order of its rows: every linkable record, with the details
-- and the rowid seen (NULL where a table has none); changed marks the links that are to be written.
-- Grain: one row per record.
CREATE TABLE {links} (
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
