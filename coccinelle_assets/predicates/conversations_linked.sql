-- Offenders: linkable conversations without a customer, deferred ones aside. Grain: one row each.
-- The unlinked rows are few: picking the links among them spares a list of all links.
SELECT t.id, t.tenant_id
FROM omni_conversations AS t
WHERE t.customer_id IS NULL
    AND t.id IN (
        SELECT l.id FROM conversation_links AS l
        WHERE l.id IN (SELECT u.id FROM omni_conversations AS u WHERE u.customer_id IS NULL)
    )
    AND t.id NOT IN (
        SELECT d.id FROM deferred_records AS d
        WHERE d.source_table = 'omni_conversations' AND d.id IS NOT NULL
    )
