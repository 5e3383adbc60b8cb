-- Records without a customer, each with its reason: nothing is left out silently.
-- Grain: one row per source record (live customers aside) that is in no cluster.
-- Input: identity.contacts, members, identifiers, left_records, foreign_records. Output: ssot.unlinked_records.
-- reason: no_record_id, no_tenant, customer_deleted (left by that setting),
-- foreign_customer_id (it names no customer), no_identifier,
-- unknown_prospect, or why its identifiers are unusable (invalid, placeholder, business_own, shared;
-- the e-mail's reason first, then the phone's, the prospect's, those of other details).
CREATE OR REPLACE TABLE ssot.unlinked_records AS
SELECT
    c.tenant_id,
    c.source_table,
    c.source_id,
    CASE
        WHEN c.source_id IS NULL THEN 'no_record_id'
        WHEN COALESCE(c.tenant_id, '') = '' THEN 'no_tenant'
        WHEN d.record_no IS NOT NULL THEN 'customer_deleted'
        WHEN f.record_no IS NOT NULL THEN 'foreign_customer_id'
        WHEN e.reason IS NOT NULL THEN e.reason
        WHEN p.reason IS NOT NULL THEN p.reason
        WHEN s.record_no IS NOT NULL THEN 'shared'
        WHEN m.reason IS NOT NULL THEN m.reason
        WHEN c.source_table <> 'prospects' AND c.prospect_id <> '' THEN 'unknown_prospect'
        ELSE 'no_identifier'
    END AS reason,
    c.raw_email,
    c.raw_phone
FROM identity.contacts AS c
LEFT JOIN identity.members AS k ON k.record_no = c.record_no
LEFT JOIN identity.left_records AS d ON d.record_no = c.record_no
LEFT JOIN identity.foreign_records AS f ON f.record_no = c.record_no
LEFT JOIN identity.identifiers AS e
    ON e.tenant_id = c.tenant_id AND e.kind = 'email' AND e.value = COALESCE(c.email, c.raw_email)
LEFT JOIN identity.identifiers AS p
    ON p.tenant_id = c.tenant_id AND p.kind = 'phone' AND p.value = COALESCE(c.phone, c.raw_phone)
LEFT JOIN (SELECT DISTINCT record_no FROM identity.prospect_ties WHERE NOT usable) AS s
    ON s.record_no = c.record_no
LEFT JOIN (
    SELECT d.record_no, min(i.reason) AS reason
    FROM identity.more_details AS d
    JOIN identity.identifiers AS i
        ON i.tenant_id = d.tenant_id AND i.kind = d.kind AND i.value = d.value
    GROUP BY d.record_no
) AS m ON m.record_no = c.record_no
WHERE k.record_no IS NULL AND c.source_table <> 'customers';
