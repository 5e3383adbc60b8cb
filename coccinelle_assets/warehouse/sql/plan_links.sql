-- Fills the links of one table in an attached file (plan_link_tables.sql), in the order of its rows.
-- Grain: one row per linkable record. Input: ssot.{links}, source.{table}. Output: plan_links.{links}.
INSERT INTO plan_links.{links}
SELECT
    k.id, k.customer_id,
    CASE WHEN k.customer_id IS DISTINCT FROM k.previous_customer_id THEN 1 ELSE 0 END,
    k.tenant_id, k.raw_email, k.raw_phone, k.prospect_id, k.previous_customer_id, s.live_rowid
FROM ssot.{links} AS k
JOIN source.{table} AS s ON s.id = k.id
ORDER BY s.live_rowid, k.id
