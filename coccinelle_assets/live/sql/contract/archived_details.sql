-- The archive of one table's details, in a file of its own. Grain: one row per record.
-- Input: {table}. Output: {table} of the archive.
CREATE TABLE main.{table} (
    id,
    customer_name,
    customer_email,
    customer_phone
)
