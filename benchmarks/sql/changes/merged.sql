-- Every customer tied to another one of its tenant, by a new prospect that names both.
-- Grain: one new prospect per pair of customers that have a detail. Input: a promoted database.
-- Output: the same with prospects that tie.
CREATE TEMP TABLE numbered AS
SELECT
    id,
    tenant_id,
    email,
    phone,
    row_number() OVER (PARTITION BY tenant_id ORDER BY id) AS number
FROM customers
WHERE email IS NOT NULL AND phone IS NOT NULL;
CREATE UNIQUE INDEX temp.numbered_by_tenant ON numbered (tenant_id, number);

INSERT INTO prospects (id, tenant_id, first_name, last_name, email, phone, created_at)
SELECT 'merging_' || a.id, a.tenant_id, 'Jean', 'Liant', a.email, b.phone, '2026-03-01 10:00:00'
FROM numbered AS a
JOIN numbered AS b ON b.tenant_id = a.tenant_id AND b.number = a.number + 1
WHERE a.number % 2 = 1;
