-- The edges between the records of one customer. Grain: one row per edge, with the value shared.
-- Input: ssot.crosswalk, identity.members, edges, contacts. Parameter: $customer_id.
WITH
cluster AS MATERIALIZED (
    SELECT cluster_no FROM ssot.crosswalk WHERE customer_id = $customer_id
),
records AS MATERIALIZED (
    SELECT record_no FROM identity.members WHERE cluster_no IN (SELECT cluster_no FROM cluster)
),
ties AS MATERIALIZED (
    SELECT record_no, other_no, kind
    FROM identity.edges
    WHERE record_no IN (SELECT record_no FROM records) AND record_no <> other_no
)
SELECT
    e.record_no,
    e.other_no,
    e.kind,
    COALESCE(
        CASE e.kind
            WHEN 'email' THEN c.email
            WHEN 'phone' THEN c.phone
            WHEN 'prospect_id' THEN c.prospect_id
            ELSE c.customer_id
        END,
        ''
    )
FROM ties AS e
JOIN identity.contacts AS c ON c.record_no = e.record_no
ORDER BY e.record_no, e.other_no, e.kind
