-- Offenders: linkable appointments without a customer, deferred ones aside. Grain: one row each.
SELECT t.id, t.tenant_id
FROM appointments AS t
WHERE t.customer_id IS NULL
    AND t.id IN (SELECT l.id FROM appointment_links AS l)
    AND NOT EXISTS (
        SELECT 1 FROM deferred_records AS d
        WHERE d.source_table = 'appointments' AND d.id = t.id
    )
