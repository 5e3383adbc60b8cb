-- Rows of runs before the last promoted one go, and those of a run that is remembered anew.
-- Grain: one row per promotion and whatever live.{table} has one for. Parameters: $run_id,
-- $last_run_id.
DELETE FROM live.{table}
WHERE run_id = $run_id OR run_id IS DISTINCT FROM $last_run_id;
