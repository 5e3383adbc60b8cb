-- Every e-mail and phone in an odd spelling: half as schemes and brackets have them, half as people
-- write them down.
-- Grain: three tables, by the order of their rows. Input: a demo database. Output: the same
-- people, other spellings.
CREATE TEMP TABLE email_oddities (turn INTEGER PRIMARY KEY, before TEXT, after TEXT);
INSERT INTO email_oddities VALUES
(0, 'mailto:', ''), (1, '<', '>'), (2, 'MAILTO:', ' '), (3, char(8203), char(65279)),
(4, '"Client" <', '>'), (5, 'E-mail : ', ''), (6, '(', ')'), (7, '', ' ;');

CREATE TEMP TABLE phone_oddities (turn INTEGER PRIMARY KEY, before TEXT, after TEXT);
INSERT INTO phone_oddities VALUES
(0, 'tel:', ''), (1, 'whatsapp:', ''), (2, '[', ']'), (3, char(8234), char(8236)),
(4, 'Tél. ', ''), (5, 'port: ', ' (perso)'), (6, '((', '))'), (7, '', ' / bureau');

UPDATE prospects SET email = o.before || email || o.after
FROM email_oddities AS o WHERE o.turn = prospects.rowid % 8 AND email <> '';
UPDATE prospects SET phone = o.before || phone || o.after
FROM phone_oddities AS o WHERE o.turn = prospects.rowid % 8 AND phone <> '';

UPDATE appointments SET customer_email = o.before || customer_email || o.after
FROM email_oddities AS o WHERE o.turn = appointments.rowid % 8 AND customer_email <> '';
UPDATE appointments SET customer_phone = o.before || customer_phone || o.after
FROM phone_oddities AS o WHERE o.turn = appointments.rowid % 8 AND customer_phone <> '';

UPDATE omni_conversations SET customer_email = o.before || customer_email || o.after
FROM email_oddities AS o WHERE o.turn = omni_conversations.rowid % 8 AND customer_email <> '';
UPDATE omni_conversations SET customer_phone = o.before || customer_phone || o.after
FROM phone_oddities AS o WHERE o.turn = omni_conversations.rowid % 8 AND customer_phone <> '';
