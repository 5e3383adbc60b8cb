-- Links of records that hold no detail at all (contracted tables hold none). They stand, and their
-- customer stands for what they once said. Grain: one row per record.
-- Input: identity.contacts. Output: identity.silent_links.
CREATE OR REPLACE TABLE identity.silent_links AS
SELECT record_no, tenant_id, customer_id
FROM identity.contacts
WHERE source_table IN ('appointments', 'omni_conversations')
    AND customer_id IS NOT NULL
    AND COALESCE(raw_email, '') = ''
    AND COALESCE(raw_phone, '') = ''
    AND COALESCE(prospect_id, '') = '';
