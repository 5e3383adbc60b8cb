-- Customers that a contraction made for rows without an identity, and that are still nobody.
-- Grain: one row per customer. Input: archive.appointments, archive.omni_conversations, function
-- anonymous_id(tenant, table, id). Output: customers, appointments, conversations without them.
CREATE TEMP TABLE nobody AS
SELECT id
FROM customers
WHERE first_name IS NULL AND last_name IS NULL AND email IS NULL AND phone IS NULL
    AND id IN (
        SELECT anonymous_id(tenant_id, 'appointments', id)
        FROM archive.appointments
        WHERE customer_id IS NULL
        UNION ALL
        SELECT anonymous_id(tenant_id, 'omni_conversations', id)
        FROM archive.omni_conversations
        WHERE customer_id IS NULL
    );

UPDATE appointments SET customer_id = NULL WHERE customer_id IN (SELECT id FROM nobody);

UPDATE omni_conversations SET customer_id = NULL WHERE customer_id IN (SELECT id FROM nobody);

DELETE FROM customers WHERE id IN (SELECT id FROM nobody);

DROP TABLE temp.nobody;
