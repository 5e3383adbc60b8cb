-- The result of a finished migration, taken out of its database, in primary-key order.
-- Input: promoted.* (the migrated database). Output: the tables that floor_write.sql reads.
CREATE TABLE customers AS SELECT * FROM promoted.customers ORDER BY id;

CREATE TABLE appointment_links AS
SELECT id, customer_id FROM promoted.appointments WHERE customer_id IS NOT NULL ORDER BY id;

CREATE TABLE conversation_links AS
SELECT id, customer_id FROM promoted.omni_conversations WHERE customer_id IS NOT NULL ORDER BY id;
