-- The archive of one table's details and links, in a file of its own. Grain: one row per record.
-- Input: {table}. Output: {table} of the archive.
CREATE TABLE main.{table} (
    id,
    tenant_id,
    customer_id,
    customer_name,
    customer_email,
    customer_phone
)
