-- Customers that are there, in the order that never breaks UNIQUE: merged ones go, changing ones let
-- go of their e-mail and phone, then take theirs. New ones come after (new_customers.sql).
-- Input: plan.*, temp.moved_customers, temp.stale_customers. Output: customers, customer_merges, links of merged ones.
-- Grain: one row per customer that changes.
UPDATE appointments
SET customer_id = m.customer_id
FROM moved_customers AS m
WHERE appointments.customer_id = m.merged_id;

UPDATE omni_conversations
SET customer_id = m.customer_id
FROM moved_customers AS m
WHERE omni_conversations.customer_id = m.merged_id;

-- An id that was merged before leads on to the newest customer, never to a merged one.
UPDATE customer_merges
SET customer_id = m.customer_id
FROM moved_customers AS m
WHERE customer_merges.customer_id = m.merged_id;

INSERT OR IGNORE INTO customer_merges (merged_id, customer_id, tenant_id, reason)
SELECT merged_id, customer_id, tenant_id, reason
FROM moved_customers;

DELETE FROM customers WHERE id IN (SELECT merged_id FROM moved_customers);

UPDATE customers
SET email = NULL, phone = NULL
FROM plan.customer_changes AS n
WHERE customers.id = n.id
    AND n.id NOT IN (SELECT id FROM stale_customers)
    AND (customers.email IS NOT n.email OR customers.phone IS NOT n.phone);

UPDATE customers
SET
    first_name = n.first_name,
    last_name = n.last_name,
    email = n.email,
    phone = n.phone,
    status = n.status,
    source = n.source,
    tags = n.tags,
    preferred_contact_method = n.preferred_contact_method,
    language = n.language,
    timezone = n.timezone,
    updated_at = CURRENT_TIMESTAMP
FROM plan.customer_changes AS n
WHERE customers.id = n.id AND n.id NOT IN (SELECT id FROM stale_customers);
