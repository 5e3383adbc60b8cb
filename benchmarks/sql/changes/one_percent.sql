-- What a day leaves behind: about one record in a hundred new, edited or gone, and customers edited,
-- deleted and tied to one another.
-- Grain: some rows in a thousand of each kind of change, by the order of the rows. Input: a promoted
-- database. Output: the same, changed.
CREATE TEMP TABLE turns AS
SELECT *
FROM (
    SELECT
        rowid AS number, id, tenant_id, email, phone,
        LEAD(phone) OVER (PARTITION BY tenant_id ORDER BY id) AS neighbours_phone
    FROM customers
) AS numbered
WHERE number % 300 IN (0, 100);

-- New rows, of people known and unknown.
INSERT INTO appointments
    (id, tenant_id, customer_name, customer_email, customer_phone, appointment_date, created_at)
SELECT
    'new_' || id,
    tenant_id,
    customer_name,
    CASE rowid % 400 WHEN 0 THEN customer_email ELSE 'new' || rowid || '@example.fr' END,
    customer_phone,
    '2026-03-01 10:00:00',
    '2026-02-20 10:00:00'
FROM appointments
WHERE rowid % 200 = 0;

-- Edited details, and rows that are gone.
UPDATE omni_conversations
SET customer_email = 'edited' || rowid || '@example.fr', last_message_at = '2026-03-02 10:00:00'
WHERE rowid % 300 = 1;
DELETE FROM appointments WHERE rowid % 500 = 2;
DELETE FROM prospects WHERE rowid % 500 = 3;

-- Prospects that tie two customers of a tenant.
INSERT INTO prospects (id, tenant_id, first_name, last_name, email, phone, created_at)
SELECT 'tie_' || id, tenant_id, 'Jean', 'Liant', email, neighbours_phone, '2026-03-01 10:00:00'
FROM turns
WHERE number % 300 = 0 AND email IS NOT NULL AND neighbours_phone IS NOT NULL;

-- Customers that the application edited or deleted.
UPDATE customers
SET first_name = 'Jeanne', tags = '["vip"]', email = 'own-' || email
WHERE rowid IN (SELECT number FROM turns WHERE number % 300 = 100);
DELETE FROM customers WHERE rowid % 1000 = 50;
