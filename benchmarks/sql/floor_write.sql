-- The known result, written: rows only, indexes come after (live/sql/publish/*_indexes.sql).
-- Input: known.customers, known.appointment_links, known.conversation_links, in key order.
-- Output: customers, and customer_id of appointments and omni_conversations.
INSERT INTO customers SELECT * FROM known.customers ORDER BY rowid;

ALTER TABLE appointments ADD COLUMN customer_id TEXT;

ALTER TABLE omni_conversations ADD COLUMN customer_id TEXT;

UPDATE appointments
SET customer_id = l.customer_id
FROM known.appointment_links AS l
WHERE appointments.id = l.id;

UPDATE omni_conversations
SET customer_id = l.customer_id
FROM known.conversation_links AS l
WHERE omni_conversations.id = l.id;
