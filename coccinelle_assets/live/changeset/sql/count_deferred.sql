-- The promotion's own receipt counts what was left while it was applied, too.
-- Input: coccinelle_deferred. Output: customer_promotions. Grain: one row, that of {run_id}.
UPDATE customer_promotions
SET counts = json_set(
    counts,
    '$.deferred',
    COALESCE(json_extract(counts, '$.deferred'), 0) + (SELECT COUNT(*) FROM coccinelle_deferred)
)
WHERE run_id = {run_id} AND EXISTS (SELECT 1 FROM coccinelle_deferred)
