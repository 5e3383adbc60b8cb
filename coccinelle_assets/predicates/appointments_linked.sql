-- Offenders: linkable appointments without a customer, deferred ones aside. Grain: one row each.
-- The unlinked rows are few: picking the links among them spares a list of all links.
SELECT t.id, t.tenant_id
FROM appointments AS t
WHERE t.customer_id IS NULL
    AND t.id IN (
        SELECT l.id FROM appointment_links AS l
        WHERE l.id IN (SELECT u.id FROM appointments AS u WHERE u.customer_id IS NULL)
    )
    AND t.id NOT IN (
        SELECT d.id FROM deferred_records AS d
        WHERE d.source_table = 'appointments' AND d.id IS NOT NULL
    )
