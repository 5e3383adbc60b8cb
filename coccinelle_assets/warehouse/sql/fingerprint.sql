-- What a run reads and what it wrote, each in one number whatever the row order: two states with
-- the same numbers give the same result. Grain: one row per part.
-- Input: source.*, {customers}, {identifiers}, {appointments}, {conversations}: the customers, their
-- identifiers and the links as they are (source.*) or as a promotion leaves them (ssot.*, gate.*).
SELECT 'prospects' AS part, count(*) AS records, sum(hash(t)::HUGEINT) AS version
FROM source.prospects AS t
UNION ALL
SELECT 'appointments', count(*), sum(hash(t)::HUGEINT)
FROM (SELECT * EXCLUDE (customer_id, live_rowid) FROM source.appointments) AS t
UNION ALL
SELECT 'omni_conversations', count(*), sum(hash(t)::HUGEINT)
FROM (SELECT * EXCLUDE (customer_id, live_rowid) FROM source.omni_conversations) AS t
UNION ALL
SELECT 'business_identifiers', count(*), sum(hash(t)::HUGEINT)
FROM source.business_identifiers AS t
UNION ALL
SELECT 'appointment_links', count(customer_id), sum(hash(id, customer_id)::HUGEINT)
FROM {appointments}
UNION ALL
SELECT 'conversation_links', count(customer_id), sum(hash(id, customer_id)::HUGEINT)
FROM {conversations}
UNION ALL
SELECT 'customers', count(*), sum(
    hash(
        id, tenant_id, first_name, last_name, email, phone, status, source, tags,
        preferred_contact_method, language, timezone, CAST(total_appointments AS VARCHAR),
        CAST(total_conversations AS VARCHAR), last_contact_at
    )::HUGEINT
)
FROM {customers}
UNION ALL
SELECT 'identifiers', count(*), sum(
    hash(tenant_id, kind, value, customer_id, CAST(usable AS VARCHAR), reason)::HUGEINT
)
FROM {identifiers}
