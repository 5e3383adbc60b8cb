-- Links of records that hold no detail at all (contracted tables hold none), or only the id of a
-- prospect that is gone. They stand, and their customer stands for what they once said.
-- One that was derived by day is judged anew: it says nothing by itself.
-- Grain: one row per record. Input: identity.contacts, prospect_ties, source.arrival_links.
-- Output: identity.silent_links.
CREATE OR REPLACE TABLE identity.silent_links AS
SELECT c.record_no, c.tenant_id, c.customer_id
FROM identity.contacts AS c
LEFT JOIN identity.prospect_ties AS p ON p.record_no = c.record_no
LEFT JOIN source.arrival_links AS a
    ON a.record_id = c.source_id
    AND a.source_table = c.source_table
    AND a.customer_id = c.customer_id
WHERE c.source_table IN ('appointments', 'omni_conversations')
    AND c.customer_id IS NOT NULL
    AND COALESCE(c.raw_email, '') = ''
    AND COALESCE(c.raw_phone, '') = ''
    AND p.record_no IS NULL
    AND a.record_id IS NULL;
