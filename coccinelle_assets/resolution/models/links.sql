-- Links of one table's records to their customers.
-- Grain: one row per record of {source_table} that has a cluster. Input: identity.members,
-- identity.contacts, identity.evidence, more_evidence, prospect_ties, ssot.crosswalk, ssot.customers. Output: ssot.{links}.
-- matched_on is the strongest tie to the customer as it is published: its e-mail, its phone, the
-- prospect it names, the customer_id the application set, or a chain of other records.
CREATE OR REPLACE TABLE ssot.{links} AS
SELECT
    c.tenant_id,
    c.source_id AS id,
    w.customer_id,
    CASE
        WHEN e.email_no IS NOT NULL AND COALESCE(c.email_shown, c.email) = s.email THEN 'email'
        WHEN e.phone_no IS NOT NULL AND COALESCE(c.phone_shown, c.phone) = s.phone THEN 'phone'
        WHEN e.email_no IS NULL AND e.phone_no IS NULL AND m.record_no IS NULL
            THEN CASE WHEN r.record_no IS NOT NULL THEN 'prospect_id' ELSE 'customer_id' END
        ELSE 'transitive'
    END AS matched_on,
    c.raw_email,
    c.raw_phone,
    c.prospect_id,
    c.customer_id AS previous_customer_id
FROM identity.members AS k
JOIN identity.contacts AS c ON c.record_no = k.record_no
JOIN ssot.crosswalk AS w ON w.cluster_no = k.cluster_no
JOIN ssot.customers AS s ON s.id = w.customer_id
LEFT JOIN identity.evidence AS e ON e.record_no = c.record_no
LEFT JOIN (SELECT DISTINCT record_no FROM identity.prospect_ties WHERE usable) AS r
    ON r.record_no = c.record_no
LEFT JOIN (SELECT DISTINCT record_no FROM identity.more_evidence) AS m ON m.record_no = c.record_no
WHERE c.source_table = '{source_table}';
