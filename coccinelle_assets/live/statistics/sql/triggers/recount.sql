-- The statistics of some customers, counted from their links through the indexes on customer_id.
-- Grain: a fragment of a trigger's body, to be ended by WHERE. Input: {appointment_at},
-- {first_message_at}, {last_message_at}: dates as UTC text. Output: customers.
UPDATE customers
    SET
        total_appointments = (SELECT COUNT(*) FROM appointments WHERE customer_id = customers.id),
        total_conversations = (
            SELECT COUNT(*) FROM omni_conversations WHERE customer_id = customers.id
        ),
        last_contact_at = (
            SELECT MAX(contact)
            FROM (
                SELECT {appointment_at} AS contact
                FROM appointments
                WHERE customer_id = customers.id
                UNION ALL
                SELECT {first_message_at}
                FROM omni_conversations
                WHERE customer_id = customers.id
                UNION ALL
                SELECT {last_message_at}
                FROM omni_conversations
                WHERE customer_id = customers.id
            )
        ),
        updated_at = CURRENT_TIMESTAMP
