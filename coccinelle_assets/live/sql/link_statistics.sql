-- What the links say of each customer: the one count that statistics are held to.
-- Grain: one row per customer_id found in a link. Input: appointments, omni_conversations.
-- Output: lowest and highest tenant of the records, number of each, latest contact.
SELECT
    customer_id,
    MIN(tenant_id) AS lowest_tenant,
    MAX(tenant_id) AS highest_tenant,
    SUM(appointments) AS total_appointments,
    SUM(conversations) AS total_conversations,
    MAX(contacted_at) AS last_contact_at
FROM (
    SELECT
        customer_id,
        COALESCE(tenant_id, '') AS tenant_id,
        1 AS appointments,
        0 AS conversations,
        {appointment_at} AS contacted_at
    FROM {appointments}
    WHERE customer_id IS NOT NULL
    UNION ALL
    SELECT
        customer_id,
        COALESCE(tenant_id, ''),
        0,
        1,
        COALESCE(
            CASE WHEN {first_message_at} > {last_message_at}
                THEN {first_message_at} ELSE {last_message_at} END,
            {first_message_at}
        )
    FROM {conversations}
    WHERE customer_id IS NOT NULL
) AS contacts
GROUP BY customer_id
