-- The edges between the records of one customer. Grain: one row per edge, with the value shared.
-- Input: ssot.crosswalk, identity.members, edges, contacts. Parameter: $customer_id.
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
FROM ssot.crosswalk AS w
JOIN identity.members AS k ON k.cluster_no = w.cluster_no
JOIN identity.edges AS e ON e.record_no = k.record_no
JOIN identity.contacts AS c ON c.record_no = e.record_no
WHERE w.customer_id = $customer_id AND e.record_no <> e.other_no
ORDER BY e.record_no, e.other_no, e.kind
