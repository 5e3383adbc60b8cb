-- The customer of one record. Grain: one row; none when it has no customer.
-- Input: identity.contacts, identity.members, ssot.crosswalk. Parameters: $source_table, $source_id.
-- Step by step: each looks one number up, where a join would read all of every table.
WITH
record AS MATERIALIZED (
    SELECT record_no
    FROM identity.contacts
    WHERE source_id = $source_id AND source_table = $source_table
),
cluster AS MATERIALIZED (
    SELECT cluster_no FROM identity.members WHERE record_no IN (SELECT record_no FROM record)
)
SELECT customer_id FROM ssot.crosswalk WHERE cluster_no IN (SELECT cluster_no FROM cluster)
