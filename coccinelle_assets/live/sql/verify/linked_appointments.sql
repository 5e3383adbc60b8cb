-- Migration plan, verification 3: how many appointments are linked. Grain: one row.
SELECT COUNT(*) AS total_appointments, COUNT(customer_id) AS linked_to_customer
FROM appointments
