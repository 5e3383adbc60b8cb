-- What ties one record to another; identity.name_ties, more_evidence, prospect_ties are input, too. Star edges: each record to the earliest that shares the
-- identifier, so that a value shared by many stays linear.
-- Grain: one row per tie. Input: identity.contacts, identity.evidence, identity.identifiers,
-- identity.named_customers, promoted.inherited_identifiers, source.customer_merges, arrival_links.
-- Output: identity.edges(record_no, other_no, kind).
-- A link that stands is a tie. Any other that a promotion set is none: its evidence is judged anew. A
-- live customer stands with the earliest record that names it. What the row of a merged customer tied
-- to its earliest record is tied to that still, or the next run would part what this one merged.
-- A link that was derived by day names nobody once its record holds nothing that ties: no run saw it.
-- Whom a record names is found before the live customer is: records and customers have nothing but
-- the tenant in common otherwise.
CREATE OR REPLACE TABLE identity.edges AS
WITH
own_evidence AS (
    SELECT e.record_no, COALESCE(t.tie_no, e.email_no) AS identifier_no, 'email' AS kind
    FROM identity.evidence AS e
    LEFT JOIN identity.name_ties AS t ON t.record_no = e.record_no AND t.identifier_no = e.email_no
    WHERE e.email_no IS NOT NULL
    UNION ALL
    SELECT e.record_no, COALESCE(t.tie_no, e.phone_no), 'phone'
    FROM identity.evidence AS e
    LEFT JOIN identity.name_ties AS t ON t.record_no = e.record_no AND t.identifier_no = e.phone_no
    WHERE e.phone_no IS NOT NULL
    UNION ALL
    SELECT e.record_no, COALESCE(t.tie_no, e.identifier_no), e.kind
    FROM identity.more_evidence AS e
    LEFT JOIN identity.name_ties AS t
        ON t.record_no = e.record_no
        AND t.identifier_no = e.identifier_no
),
heirs AS MATERIALIZED (
    SELECT c.record_no, h.tenant_id, h.kind, h.value
    FROM promoted.inherited_identifiers AS h
    JOIN source.customer_merges AS m ON m.merged_id = h.merged_id
    JOIN identity.contacts AS c
        ON c.source_id = h.source_id
        AND c.source_table = h.source_table
        AND c.tenant_id = h.tenant_id
),
inherited AS MATERIALIZED (
    SELECT h.record_no, i.identifier_no, h.kind
    FROM heirs AS h
    JOIN identity.identifiers AS i
        ON i.value = CASE h.kind WHEN 'email' THEN mailbox(h.value) ELSE h.value END
        AND i.kind = h.kind
        AND i.tenant_id = h.tenant_id
    WHERE i.usable
),
evidence AS (
    SELECT record_no, identifier_no, kind FROM own_evidence
    UNION ALL
    -- Only where a record holds it: what nobody says any more ties nobody.
    SELECT h.record_no, h.identifier_no, h.kind
    FROM inherited AS h
    WHERE h.identifier_no IN (SELECT identifier_no FROM own_evidence)
),
earliest AS (
    SELECT identifier_no, min(record_no) AS record_no
    FROM evidence
    GROUP BY identifier_no
),
customers AS (
    SELECT record_no, source_id, tenant_id
    FROM identity.contacts
    WHERE source_table = 'customers' AND tenant_id <> '' AND source_id IS NOT NULL
),
groundless AS MATERIALIZED (
    SELECT c.record_no
    FROM source.arrival_links AS a
    JOIN identity.contacts AS c
        ON c.source_id = a.record_id
        AND c.source_table = a.source_table
        AND c.customer_id = a.customer_id
    WHERE c.record_no NOT IN (SELECT record_no FROM own_evidence)
        AND c.record_no NOT IN (SELECT record_no FROM identity.prospect_ties WHERE usable)
),
linked AS (
    SELECT n.record_no, c.record_no AS customer_no, n.stands
    FROM identity.named_customers AS n
    JOIN customers AS c ON c.source_id = n.customer_id AND c.tenant_id = n.tenant_id
    WHERE n.record_no NOT IN (SELECT record_no FROM groundless)
)
SELECT e.record_no, f.record_no AS other_no, e.kind
FROM evidence AS e
JOIN earliest AS f ON f.identifier_no = e.identifier_no
UNION ALL
SELECT record_no, prospect_no, 'prospect_id'
FROM identity.prospect_ties
WHERE usable
UNION ALL
SELECT record_no, customer_no, 'customer_id'
FROM linked
WHERE stands
UNION ALL
SELECT min(record_no), customer_no, 'customer_id'
FROM linked
GROUP BY customer_no
UNION ALL
SELECT record_no, record_no, 'customer_id'
FROM customers;
