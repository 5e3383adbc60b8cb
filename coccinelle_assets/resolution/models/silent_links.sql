-- Links of records that hold no detail at all (contracted tables hold none), or only the id of a
-- prospect that is gone. They stand, and their customer stands for what they once said.
-- Grain: one row per record. Input: identity.contacts, source.prospects.
-- Output: identity.silent_links.
CREATE OR REPLACE TABLE identity.silent_links AS
SELECT c.record_no, c.tenant_id, c.customer_id
FROM identity.contacts AS c
LEFT JOIN source.prospects AS p ON p.id = c.prospect_id AND p.tenant_id = c.tenant_id
WHERE c.source_table IN ('appointments', 'omni_conversations')
    AND c.customer_id IS NOT NULL
    AND COALESCE(c.raw_email, '') = ''
    AND COALESCE(c.raw_phone, '') = ''
    AND p.id IS NULL;
