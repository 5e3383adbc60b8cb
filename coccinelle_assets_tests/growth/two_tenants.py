"""Two tenants that hold every record, and of each kind of change many: what grows shows in both.

Written by SQL out of numbers, so that twice the size is twice of everything.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from coccinelle_assets_tests.databases import SCHEMA

# People of one tenant and number are one person: a prospect, an appointment and a conversation.
PEOPLE = """
CREATE TEMP TABLE people AS
WITH RECURSIVE
numbers (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM numbers WHERE number + 1 < :people),
letters (letter, syllable) AS (
    VALUES (0, 'ba'), (1, 'co'), (2, 'du'), (3, 'fe'), (4, 'gi'), (5, 'lo'), (6, 'ma'), (7, 'nu'),
        (8, 're'), (9, 'ti')
)
SELECT
    t.id AS tenant,
    n.number,
    n.number % 20 AS kind,
    t.id || '-' || n.number AS id,
    (SELECT syllable FROM letters WHERE letter = n.number % 10)
    || (SELECT syllable FROM letters WHERE letter = n.number / 10 % 10)
    || (SELECT syllable FROM letters WHERE letter = n.number / 100 % 10)
    || (SELECT syllable FROM letters WHERE letter = n.number / 1000 % 10) AS name,
    'd' || n.number || 'x@' || t.id || '.example.fr' AS email,
    '06' || (31415926 + n.number * 7919 % 50000000) AS phone,
    datetime('2025-01-01', n.number || ' minutes') AS created_at
FROM numbers AS n
CROSS JOIN tenants AS t
"""

WRITTEN = """
INSERT INTO prospects
    (id, tenant_id, first_name, last_name, email, phone, status, source, created_at)
SELECT 'p' || id, tenant, 'Jean', name, email, phone, 'new', 'website', created_at FROM people
WHERE kind <> 7;

INSERT INTO appointments
    (id, tenant_id, prospect_id, customer_name, customer_email, customer_phone, appointment_date,
     created_at)
SELECT
    'a' || id, tenant, CASE kind WHEN 10 THEN 'p' || id END,
    CASE WHEN kind <> 10 THEN name END,
    -- Seven people of other names hold each address of this kind: it is shared.
    CASE kind
        WHEN 0 THEN 'shared' || number / 140 || '@' || tenant || '.example.fr'
        WHEN 9 THEN 'family' || number / 140 || '@' || tenant || '.example.fr'
    END,
    CASE kind WHEN 7 THEN 'inconnu' WHEN 10 THEN NULL ELSE phone END,
    '2025-03-01 10:00:00', created_at
FROM people;

INSERT INTO omni_conversations
    (id, tenant_id, customer_name, customer_email, current_channel, first_message_at, created_at)
SELECT
    'c' || id, tenant,
    CASE kind WHEN 9 THEN 'Martin ' || substr('abcdefg', number / 20 % 7 + 1, 1) || 'ubois'
        ELSE name END,
    CASE kind WHEN 7 THEN '' WHEN 9 THEN 'family' || number / 140 || '@' || tenant || '.example.fr'
        ELSE email END,
    'sms', '2025-02-01 10:00:00', created_at
FROM people;
"""

CHANGED = """
-- 1: the application deleted the customer.
DELETE FROM customers WHERE id IN (
    SELECT a.customer_id FROM appointments AS a JOIN people AS p ON a.id = 'a' || p.id
    WHERE p.kind = 1
);
-- 2: a prospect ties this person to the next.
INSERT INTO prospects (id, tenant_id, first_name, last_name, email, phone)
SELECT
    'j' || id, tenant, 'Jean', name, 'd' || (number + 1) || 'x@' || tenant || '.example.fr', phone
FROM people WHERE kind = 2;
-- 4 and 14: nothing ties the two records of this person any more.
DELETE FROM prospects WHERE id IN (SELECT 'p' || id FROM people WHERE kind IN (4, 14));
-- 5: the link is all that the record says.
UPDATE appointments SET customer_name = NULL, customer_email = NULL, customer_phone = NULL
WHERE id IN (SELECT 'a' || id FROM people WHERE kind = 5);
-- 6: the application edited the customer.
UPDATE customers
SET first_name = 'Jeanne', tags = '["vip"]', email = 'edited-' || email
WHERE id IN (
    SELECT a.customer_id FROM appointments AS a JOIN people AS p ON a.id = 'a' || p.id
    WHERE p.kind = 6
);
-- 8: the application has a customer of its own, and links to it.
INSERT INTO customers (id, tenant_id, last_name, email)
SELECT 'own' || id, tenant, name, 'own' || number || '@' || tenant || '.example.fr'
FROM people WHERE kind = 8;
INSERT INTO appointments (id, tenant_id, customer_id, customer_name, appointment_date)
SELECT 'o' || id, tenant, 'own' || id, name, '2025-05-01 10:00:00' FROM people WHERE kind = 8;
-- 11: the row is another person's now. 12: it is gone.
UPDATE appointments SET customer_phone = '07' || substr(customer_phone, 3)
WHERE id IN (SELECT 'a' || id FROM people WHERE kind = 11);
DELETE FROM omni_conversations WHERE id IN (SELECT 'c' || id FROM people WHERE kind = 12);
-- 13: the customer was deleted, and nothing identifies the record any more.
DELETE FROM customers WHERE id IN (
    SELECT a.customer_id FROM appointments AS a JOIN people AS p ON a.id = 'a' || p.id
    WHERE p.kind = 13
);
UPDATE appointments SET customer_phone = 'inconnu', customer_email = NULL
WHERE id IN (SELECT 'a' || id FROM people WHERE kind = 13);
UPDATE omni_conversations SET customer_email = 'n/a'
WHERE id IN (SELECT 'c' || id FROM people WHERE kind = 13);
DELETE FROM prospects WHERE id IN (SELECT 'p' || id FROM people WHERE kind = 13);
-- 15 and 16 trade their addresses.
CREATE TEMP TABLE traded AS
SELECT
    'p' || id AS prospect_id,
    'c' || id AS conversation_id,
    'd' || (number + CASE kind WHEN 15 THEN 1 ELSE -1 END) || 'x@' || tenant || '.example.fr'
        AS email
FROM people WHERE kind IN (15, 16);
UPDATE prospects SET email = t.email FROM traded AS t WHERE prospects.id = t.prospect_id;
UPDATE omni_conversations SET customer_email = t.email
FROM traded AS t WHERE omni_conversations.id = t.conversation_id;
-- 17: new rows.
INSERT INTO appointments (id, tenant_id, customer_name, customer_phone, appointment_date)
SELECT 'n' || id, tenant, name, phone, '2025-06-01 10:00:00' FROM people WHERE kind = 17;
"""


# As little as a deployment has: no key, no index but by tenant, and customers of its own.
BARE_CUSTOMERS = """
CREATE TABLE customers (id TEXT, tenant_id TEXT NOT NULL, last_name TEXT, email TEXT, phone TEXT);
CREATE INDEX customers_by_tenant ON customers (tenant_id);
"""
OWN_CUSTOMERS = """
INSERT INTO customers (id, tenant_id, last_name, email, phone)
SELECT 'was' || id, tenant, name, email, phone FROM people WHERE kind IN (15, 16, 18);
"""


def write_two_tenants(path: Path, people: int, *, bare: bool = False) -> None:
    """A database of `people` in each of two tenants: three records of most of them.

    A `bare` one has no key and no index but by tenant, and customers of its own.
    """
    schema = SCHEMA.read_text(encoding="utf-8")
    if bare:
        schema = (
            re.sub(r" PRIMARY KEY| UNIQUE| REFERENCES tenants \(id\)", "", schema) + BARE_CUSTOMERS
        )
    schema += "INSERT INTO tenants (id, name) VALUES ('t1', 'One'), ('t2', 'Two');"
    _execute(path, schema, people, WRITTEN + (OWN_CUSTOMERS if bare else ""))


def change_two_tenants(path: Path, people: int) -> None:
    """What the application does to a promoted database of `people`: a twentieth of each kind."""
    _execute(path, "", people, CHANGED)


def _execute(path: Path, schema: str, people: int, script: str) -> None:
    connection = sqlite3.connect(path)
    try:
        connection.executescript(schema)
        connection.execute(PEOPLE, {"people": people})
        connection.executescript("CREATE INDEX temp.people_kind ON people (kind);" + script)
    finally:
        connection.close()
