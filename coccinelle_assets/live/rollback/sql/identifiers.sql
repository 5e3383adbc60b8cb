-- The identifiers as they were before one promotion, but of customers that are there alone. Where
-- that promotion made the table, nothing was in it.
-- Grain: one row per identifier and customer. Input: customer_identifier_journal, customers.
-- Parameter: run_id. Output: customer_identifiers, customer_identifier_journal.
DELETE FROM customer_identifiers
WHERE EXISTS (
    SELECT 1 FROM customer_identifier_journal WHERE run_id = :run_id AND change = 'made'
);

DELETE FROM customer_identifiers
WHERE (tenant_id, kind, value, customer_id) IN (
    SELECT tenant_id, kind, value, customer_id
    FROM customer_identifier_journal
    WHERE run_id = :run_id AND change = 'added'
);

INSERT OR REPLACE INTO customer_identifiers (tenant_id, kind, value, customer_id, usable, reason)
SELECT tenant_id, kind, value, customer_id, usable, reason
FROM customer_identifier_journal
WHERE run_id = :run_id AND change = 'removed';

DELETE FROM customer_identifiers
WHERE customer_id <> '' AND customer_id NOT IN (SELECT id FROM customers);

DELETE FROM customer_identifier_journal WHERE run_id = :run_id;
