-- Fills the links of one table in an attached plan file (plan_tables.sql), in the order of its rows.
-- Grain: one row per linkable record. Input: ssot.{links}, source.{table}. Output: plan.{links}.
INSERT INTO plan.{links}
SELECT
    k.id, k.customer_id,
    CASE WHEN k.customer_id IS DISTINCT FROM k.previous_customer_id THEN 1 ELSE 0 END,
    k.tenant_id, k.raw_email, k.raw_phone, k.prospect_id, k.previous_customer_id, s.live_rowid
FROM ssot.{links} AS k
JOIN source.{table} AS s ON s.id = k.id
ORDER BY s.live_rowid, k.id
