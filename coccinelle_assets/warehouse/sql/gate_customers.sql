-- The customers as they would be after the promotion, under the names the predicates use.
-- Grain: that of the live tables. Input: source.*, promoted.*, ssot.customers. Output: gate.*.
CREATE OR REPLACE VIEW gate.customers AS SELECT * FROM ssot.customers;
CREATE OR REPLACE VIEW gate.customer_identifiers AS SELECT * FROM ssot.customer_identifiers;
-- Live values that the application wrote are kept as they are, valid or not.
CREATE OR REPLACE VIEW gate.application_identifiers AS
SELECT l.id, l.email, l.phone
FROM source.customers AS l
LEFT JOIN promoted.customers AS p ON p.id = l.id
WHERE p.id IS NULL OR l.email IS DISTINCT FROM p.email OR l.phone IS DISTINCT FROM p.phone;
-- Drift is measured among tenants whose customers this project promoted before.
CREATE OR REPLACE VIEW gate.previous_customers AS
SELECT c.id
FROM source.customers AS c
CROSS JOIN promoted.last AS l
WHERE l.all_tenants OR c.tenant_id IN (SELECT tenant_id FROM promoted.tenants);
CREATE OR REPLACE VIEW gate.drifting_customers AS
SELECT c.id
FROM ssot.customers AS c
CROSS JOIN promoted.last AS l
WHERE l.all_tenants OR c.tenant_id IN (SELECT tenant_id FROM promoted.tenants);
