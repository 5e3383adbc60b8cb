-- That a record's link was derived, not set by the application. Grain: one row.
-- Output: arrival_links.
INSERT OR REPLACE INTO arrival_links (source_table, record_id, tenant_id, customer_id)
VALUES (:source_table, :record_id, :tenant_id, :customer_id)
