-- One customer with what it is known by, in one statement: each costs a turn of Python's lock.
-- Grain: one row at most. Input: customers, customer_identifiers. Parameters: :tenant, :id.
SELECT
    c.id, c.first_name, c.last_name, c.email, c.phone, c.status, c.source, c.tags,
    c.preferred_contact_method, c.language, c.timezone, c.total_appointments,
    c.total_conversations, c.last_contact_at, c.created_at, c.updated_at,
    (
        SELECT json_group_array(json_object('kind', k.kind, 'value', k.value))
        FROM (
            SELECT i.kind, i.value
            FROM customer_identifiers AS i
            WHERE i.customer_id = c.id
            ORDER BY i.kind, i.value
        ) AS k
    )
FROM customers AS c
WHERE c.tenant_id = :tenant AND c.id = :id
