-- A wave says nothing of other tenants: what the promotion before wrote of them holds on.
-- Grain: one row per promotion and whatever live.{table} has one for. Input: source.wave (all tenants
-- when empty). Parameters: $run_id, $last_run_id.
INSERT INTO live.{table}
SELECT t.* REPLACE ($run_id AS run_id)
FROM live.{table} AS t
WHERE t.run_id = $last_run_id
    AND EXISTS (SELECT 1 FROM source.wave)
    AND t.tenant_id NOT IN (SELECT tenant_id FROM source.wave);
