-- The e-mails and phones of a customer that its row has no room for: none is lost.
-- Grain: one row per customer and identifier. Input: identity.evidence, more_evidence, identifiers,
-- members, ssot.crosswalk, ssot.customers. Output: ssot.other_identifiers, a view.
CREATE OR REPLACE VIEW ssot.other_identifiers AS
WITH
held AS (
    SELECT record_no, email_no AS identifier_no FROM identity.evidence WHERE email_no IS NOT NULL
    UNION ALL
    SELECT record_no, phone_no FROM identity.evidence WHERE phone_no IS NOT NULL
    UNION ALL
    SELECT record_no, identifier_no FROM identity.more_evidence
),
of_clusters AS (
    SELECT DISTINCT k.cluster_no, h.identifier_no
    FROM held AS h
    JOIN identity.members AS k ON k.record_no = h.record_no
)
SELECT c.tenant_id, c.id AS customer_id, i.kind, i.value
FROM of_clusters AS o
JOIN identity.identifiers AS i ON i.identifier_no = o.identifier_no
JOIN ssot.crosswalk AS w ON w.cluster_no = o.cluster_no
JOIN ssot.customers AS c ON c.id = w.customer_id
WHERE CASE i.kind
        WHEN 'email' THEN c.email IS NULL OR mailbox(c.email) <> mailbox(i.value)
        ELSE c.phone IS NULL OR c.phone <> i.value
    END;
