-- Customers go back: created ones leave, changed ones let go of e-mail and phone first, so that
-- UNIQUE is never broken on the way. Grain: one row per customer.
-- Input: temp.undo_customers, customer_row_journal, {columns} of customers and {assignments} of
-- them from j. Output: customers.
DELETE FROM customers WHERE id IN (SELECT id FROM undo_customers WHERE step = 'delete');

UPDATE customers
SET email = NULL, phone = NULL
FROM customer_row_journal AS j
JOIN undo_customers AS u ON u.first_no = j.rowid
WHERE u.step = 'restore'
    AND customers.id = u.id
    AND (customers.email IS NOT j.email OR customers.phone IS NOT j.phone);

UPDATE customers
SET {assignments}
FROM customer_row_journal AS j
JOIN undo_customers AS u ON u.first_no = j.rowid
WHERE u.step = 'restore' AND customers.id = u.id;

INSERT INTO customers ({columns})
SELECT {logged}
FROM customer_row_journal AS j
JOIN undo_customers AS u ON u.first_no = j.rowid
WHERE u.step = 'reinsert'
ORDER BY u.id;
