-- The edges between the records of one customer. Grain: one row per edge, with the value shared.
-- Input: ssot.crosswalk, identity.members, edges, contacts, evidence, more_evidence, identifiers. Parameter: $customer_id.
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
),
-- Which identifier the two records share: each may hold several of a kind.
held AS MATERIALIZED (
    SELECT record_no, email_no AS identifier_no
    FROM identity.evidence
    WHERE record_no IN (SELECT record_no FROM records) AND email_no IS NOT NULL
    UNION ALL
    SELECT record_no, phone_no
    FROM identity.evidence
    WHERE record_no IN (SELECT record_no FROM records) AND phone_no IS NOT NULL
    UNION ALL
    SELECT record_no, identifier_no
    FROM identity.more_evidence
    WHERE record_no IN (SELECT record_no FROM records)
),
shared AS (
    SELECT t.record_no, t.other_no, i.kind, min(i.value) AS value
    FROM ties AS t
    JOIN held AS h ON h.record_no = t.record_no
    JOIN held AS o ON o.record_no = t.other_no AND o.identifier_no = h.identifier_no
    JOIN identity.identifiers AS i ON i.identifier_no = h.identifier_no
    GROUP BY t.record_no, t.other_no, i.kind
)
SELECT
    e.record_no,
    e.other_no,
    e.kind,
    COALESCE(
        s.value,
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
LEFT JOIN shared AS s
    ON s.record_no = e.record_no
    AND s.other_no = e.other_no
    AND s.kind = e.kind
ORDER BY e.record_no, e.other_no, e.kind
