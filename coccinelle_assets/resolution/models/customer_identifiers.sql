-- Every identifier of every customer, and those that are known to tie nobody: what a record that
-- comes in by day is looked up in.
-- Grain: one row per tenant, kind, value and customer; customer_id is '' of what ties nobody.
-- Input: identity.evidence, more_evidence, identifiers, name_ties, members, contacts,
-- business_identifiers, silent_links, source.customer_identifiers, ssot.customers, crosswalk,
-- customer_merges.
-- Output: ssot.customer_identifiers. usable is 1 or 0. reason is shared or business_own of what ties
-- nobody, and by_name of what several customers have.
-- A prospect that holds an identifier is found by that, so only the others are kept by their id.
CREATE OR REPLACE TABLE ssot.customer_identifiers AS
WITH
rows_of_customers AS MATERIALIZED (
    SELECT
        c.record_no,
        COALESCE(c.email_shown, c.email) = s.email AS shows_email,
        COALESCE(c.phone_shown, c.phone) = s.phone AS shows_phone
    FROM identity.contacts AS c
    LEFT JOIN ssot.customer_merges AS m ON m.merged_id = c.source_id
    LEFT JOIN ssot.customers AS s ON s.id = COALESCE(m.customer_id, c.source_id)
    WHERE c.source_table = 'customers'
),
-- Of a customer's own row, or of one merged into it now, what it goes on showing: what it no longer says ties nobody in the next run.
held AS MATERIALIZED (
    SELECT e.record_no, e.email_no AS identifier_no
    FROM identity.evidence AS e
    LEFT JOIN rows_of_customers AS r ON r.record_no = e.record_no
    WHERE e.email_no IS NOT NULL AND (r.record_no IS NULL OR r.shows_email)
    UNION ALL
    SELECT e.record_no, e.phone_no
    FROM identity.evidence AS e
    LEFT JOIN rows_of_customers AS r ON r.record_no = e.record_no
    WHERE e.phone_no IS NOT NULL AND (r.record_no IS NULL OR r.shows_phone)
    UNION ALL
    SELECT record_no, identifier_no FROM identity.more_evidence
),
of_clusters AS (
    SELECT k.cluster_no, h.identifier_no
    FROM held AS h
    JOIN identity.members AS k ON k.record_no = h.record_no
    GROUP BY k.cluster_no, h.identifier_no
),
-- Only what ties where names agree has several.
by_name AS (
    SELECT identifier_no
    FROM of_clusters
    WHERE identifier_no IN (SELECT identifier_no FROM identity.name_ties)
    GROUP BY identifier_no
    HAVING count(*) > 1
),
bare_prospects AS (
    SELECT record_no, tenant_id, prospect_id
    FROM identity.contacts
    WHERE source_table = 'prospects' AND record_no NOT IN (SELECT record_no FROM held)
)
SELECT
    i.tenant_id,
    i.kind,
    i.value,
    w.customer_id,
    1 AS usable,
    CASE WHEN n.identifier_no IS NOT NULL THEN 'by_name' END AS reason
FROM of_clusters AS o
JOIN identity.identifiers AS i ON i.identifier_no = o.identifier_no
JOIN ssot.crosswalk AS w ON w.cluster_no = o.cluster_no
LEFT JOIN by_name AS n ON n.identifier_no = o.identifier_no
UNION ALL
SELECT p.tenant_id, 'prospect_id', p.prospect_id, w.customer_id, 1, NULL
FROM bare_prospects AS p
JOIN identity.members AS k ON k.record_no = p.record_no
JOIN ssot.crosswalk AS w ON w.cluster_no = k.cluster_no
UNION ALL
SELECT tenant_id, kind, value, '', 0, reason
FROM identity.identifiers
WHERE reason IN ('shared', 'business_own') AND tenant_id <> ''
UNION ALL
SELECT b.tenant_id, b.kind, b.value, '', 0, 'business_own'
FROM identity.business_identifiers AS b
LEFT JOIN identity.identifiers AS i
    ON i.value = b.value
    AND i.kind = b.kind
    AND i.tenant_id = b.tenant_id
    AND i.reason IN ('shared', 'business_own')
WHERE i.value IS NULL AND b.tenant_id <> ''
UNION ALL
-- What contracted records once held is known from here alone.
SELECT
    l.tenant_id, l.kind, l.value, COALESCE(m.customer_id, l.customer_id), 1, any_value(l.reason)
FROM source.customer_identifiers AS l
LEFT JOIN ssot.customer_merges AS m ON m.merged_id = l.customer_id
JOIN ssot.crosswalk AS w ON w.customer_id = COALESCE(m.customer_id, l.customer_id)
LEFT JOIN identity.identifiers AS i
    ON i.value = l.value
    AND i.kind = l.kind
    AND i.tenant_id = l.tenant_id
WHERE l.usable = '1'
    AND l.kind <> 'prospect_id'
    AND l.customer_id IN (SELECT customer_id FROM identity.silent_links)
    AND i.value IS NULL
GROUP BY l.tenant_id, l.kind, l.value, COALESCE(m.customer_id, l.customer_id);
