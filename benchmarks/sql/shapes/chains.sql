-- Chains of 10,000 records of one name: each shares its e-mail with the record before it, its phone
-- with the one after it, or the other way round.
-- Grain: three tables, numbered one after the other. Input: a demo database of tenants tenant_001
-- on. Output: the same with other tenants, names and details.
CREATE TEMP TABLE tables_sizes AS
SELECT
    (SELECT count(*) FROM prospects) AS prospects,
    (SELECT count(*) FROM prospects) + (SELECT count(*) FROM appointments) AS before_conversations,
    (SELECT count(*) FROM tenants) AS tenants;

-- 7919 has no divisor in common with 50,000,000, so that every number has a phone of its own.
UPDATE prospects
SET
    tenant_id = printf('tenant_%03d', rowid / 10000 % (SELECT tenants FROM tables_sizes) + 1),
    first_name = 'Jean',
    last_name = 'Chaîne',
    email = 'chaine' || (rowid + 1) / 2 || '@maillon.fr',
    phone = '06' || (31415926 + rowid / 2 * 7919 % 50000000);

UPDATE appointments
SET
    tenant_id = printf('tenant_%03d', n.number / 10000 % s.tenants + 1),
    prospect_id = NULL,
    customer_name = 'Jean Chaîne',
    customer_email = 'chaine' || (n.number + 1) / 2 || '@maillon.fr',
    customer_phone = '06' || (31415926 + n.number / 2 * 7919 % 50000000)
FROM
    tables_sizes AS s,
    (SELECT id, rowid + (SELECT prospects FROM tables_sizes) AS number FROM appointments) AS n
WHERE appointments.id = n.id;

UPDATE omni_conversations
SET
    tenant_id = printf('tenant_%03d', n.number / 10000 % s.tenants + 1),
    customer_name = 'Jean Chaîne',
    customer_email = 'chaine' || (n.number + 1) / 2 || '@maillon.fr',
    customer_phone = '06' || (31415926 + n.number / 2 * 7919 % 50000000)
FROM
    tables_sizes AS s,
    (
        SELECT id, rowid + (SELECT before_conversations FROM tables_sizes) AS number
        FROM omni_conversations
    ) AS n
WHERE omni_conversations.id = n.id;
