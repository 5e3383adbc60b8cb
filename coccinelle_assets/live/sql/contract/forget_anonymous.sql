-- Customers that a contraction made for rows without an identity, and that are still nobody.
-- Grain: one row per customer. Output: customers, appointments and conversations without them.
CREATE TEMP TABLE nobody AS
SELECT id
FROM customers
WHERE source = 'anonymous'
    AND first_name IS NULL AND last_name IS NULL AND email IS NULL AND phone IS NULL;

UPDATE appointments SET customer_id = NULL WHERE customer_id IN (SELECT id FROM nobody);

UPDATE omni_conversations SET customer_id = NULL WHERE customer_id IN (SELECT id FROM nobody);

DELETE FROM customers WHERE id IN (SELECT id FROM nobody);

DROP TABLE temp.nobody;
