-- Which prospect a record names; one that is named for more people than an identifier may be is a
-- bucket (a 'walkin'), and ties nobody.
-- Grain: one row per record that names a prospect of its tenant. Input: identity.contacts. Output:
-- identity.prospect_ties(record_no, prospect_no, usable), and a row of identity.identifiers for each
-- bucket, of kind 'prospect_id'. {max_people}: a whole number.
-- What a spreadsheet made of an id (1.0, a space before it) means the same one, unless another has
-- just that id.
CREATE OR REPLACE TEMP MACRO bare_id(id) AS regexp_replace(trim(id), '\.0+$', '');

CREATE OR REPLACE TABLE identity.prospect_ties AS
WITH
naming AS MATERIALIZED (
    SELECT record_no, tenant_id, prospect_id
    FROM identity.contacts
    WHERE source_table <> 'prospects' AND prospect_id <> '' AND tenant_id <> ''
        AND source_id IS NOT NULL
),
prospects AS MATERIALIZED (
    SELECT record_no, tenant_id, prospect_id FROM identity.contacts WHERE source_table = 'prospects'
),
exact AS MATERIALIZED (
    SELECT n.record_no, p.record_no AS prospect_no
    FROM naming AS n
    JOIN prospects AS p ON p.prospect_id = n.prospect_id AND p.tenant_id = n.tenant_id
),
bare AS (
    SELECT n.record_no, p.record_no AS prospect_no
    FROM naming AS n
    JOIN prospects AS p
        ON bare_id(p.prospect_id) = bare_id(n.prospect_id)
        AND p.tenant_id = n.tenant_id
    WHERE n.record_no NOT IN (SELECT record_no FROM exact)
),
ties AS MATERIALIZED (
    SELECT record_no, prospect_no FROM exact
    UNION ALL
    SELECT record_no, prospect_no FROM bare
),
busy AS (
    SELECT prospect_no FROM ties GROUP BY prospect_no HAVING count(*) > {max_people}
),
buckets AS (
    SELECT t.prospect_no
    FROM ties AS t
    JOIN identity.contacts AS c ON c.record_no = t.record_no
    WHERE t.prospect_no IN (SELECT prospect_no FROM busy)
    GROUP BY t.prospect_no
    HAVING count(DISTINCT COALESCE(c.person, c.email, c.phone)) > {max_people}
)
SELECT
    record_no,
    prospect_no,
    prospect_no NOT IN (SELECT prospect_no FROM buckets) AS usable
FROM ties;

INSERT INTO identity.identifiers
SELECT
    -1000000000000 - p.record_no,
    p.tenant_id,
    'prospect_id',
    p.prospect_id,
    FALSE,
    'shared',
    count(*),
    count(DISTINCT COALESCE(c.person, c.email, c.phone)),
    count(DISTINCT c.person)
FROM identity.prospect_ties AS t
JOIN identity.contacts AS c ON c.record_no = t.record_no
JOIN identity.contacts AS p ON p.record_no = t.prospect_no
WHERE NOT t.usable
GROUP BY p.record_no, p.tenant_id, p.prospect_id;
