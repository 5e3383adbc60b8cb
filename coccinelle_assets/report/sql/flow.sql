-- How records were recognised, and what became of them. Grain: one row per
-- (source_table, recognised_by, outcome). Input: identity.members, contacts, evidence,
-- ssot.crosswalk, ssot.unlinked_records, source.customers. Output: those and records.
-- recognised_by: email_and_phone, email, phone, link (it only names a prospect or a customer), or
-- why it was not; outcome: new_customers, live_customers or unlinked.
WITH
live AS (
    SELECT w.cluster_no
    FROM ssot.crosswalk AS w
    JOIN source.customers AS l ON l.id = w.customer_id
    GROUP BY w.cluster_no
)
SELECT
    c.source_table,
    CASE
        WHEN e.email_no IS NOT NULL AND e.phone_no IS NOT NULL THEN 'email_and_phone'
        WHEN e.email_no IS NOT NULL THEN 'email'
        WHEN e.phone_no IS NOT NULL THEN 'phone'
        ELSE 'link'
    END AS recognised_by,
    CASE WHEN l.cluster_no IS NULL THEN 'new_customers' ELSE 'live_customers' END AS outcome,
    count(*) AS records
FROM identity.members AS k
JOIN identity.contacts AS c ON c.record_no = k.record_no
LEFT JOIN identity.evidence AS e ON e.record_no = k.record_no
LEFT JOIN live AS l ON l.cluster_no = k.cluster_no
WHERE c.source_table <> 'customers'
GROUP BY ALL
UNION ALL
SELECT source_table, reason, 'unlinked', count(*)
FROM ssot.unlinked_records
GROUP BY ALL
ORDER BY source_table, recognised_by, outcome
