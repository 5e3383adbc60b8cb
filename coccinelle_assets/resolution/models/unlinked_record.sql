-- Why one record has no customer. Grain: one row; none when it has one.
-- Input: ssot.unlinked_records. Parameters: $source_table, $source_id.
SELECT tenant_id, reason, raw_email, raw_phone
FROM ssot.unlinked_records
WHERE source_id = $source_id AND source_table = $source_table
