-- Every phone a foreign one: the eight last digits of the French one, in a country that they choose.
-- Grain: three tables. Input: a demo database. Output: the same people, other phones, in three
-- spellings by the order of the rows.
CREATE TEMP TABLE countries (turn INTEGER PRIMARY KEY, code TEXT, mobile TEXT);
INSERT INTO countries VALUES (0, '34', '6'), (1, '212', '6'), (2, '39', '33'), (3, '49', '151');

CREATE TEMP TABLE foreign_phones AS
WITH
written AS (
    SELECT id, rowid AS number, phone FROM prospects
    UNION ALL SELECT id, rowid, customer_phone FROM appointments
    UNION ALL SELECT id, rowid, customer_phone FROM omni_conversations
),
digits AS (
    SELECT
        id,
        number,
        substr(
            replace(replace(replace(replace(phone, ' ', ''), '.', ''), '-', ''), char(160), ''), -8
        ) AS tail
    FROM written
    WHERE phone <> ''
)
SELECT
    d.id,
    CASE d.number % 3
        WHEN 0 THEN '+' || c.code || c.mobile || d.tail
        WHEN 1 THEN '00' || c.code || ' ' || c.mobile || ' ' || d.tail
        ELSE '+' || c.code || ' ' || c.mobile || substr(d.tail, 1, 4) || ' ' || substr(d.tail, 5)
    END AS phone
FROM digits AS d
JOIN countries AS c ON c.turn = CAST(d.tail AS INTEGER) % 4
WHERE d.tail GLOB '[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]';
CREATE INDEX temp.foreign_phones_by_id ON foreign_phones (id);

UPDATE prospects SET phone = f.phone FROM foreign_phones AS f WHERE f.id = prospects.id;
UPDATE appointments SET customer_phone = f.phone
FROM foreign_phones AS f WHERE f.id = appointments.id;
UPDATE omni_conversations SET customer_phone = f.phone
FROM foreign_phones AS f WHERE f.id = omni_conversations.id;
