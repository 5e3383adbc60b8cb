-- Offenders: rows without a customer; a contraction would leave nobody's details in them.
-- Grain: one row per appointment or conversation.
SELECT 'appointments' AS source_table, id, tenant_id
FROM appointments
WHERE customer_id IS NULL
UNION ALL
SELECT 'omni_conversations', id, tenant_id
FROM omni_conversations
WHERE customer_id IS NULL
