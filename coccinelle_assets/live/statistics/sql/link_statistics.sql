-- What the links say of each customer: the one count that statistics are held to.
-- Grain: one row per customer_id found in a link. Input: {appointments}, {conversations};
-- {later}: the later one of latest_start and latest_end, which may be NULL.
-- Output: lowest and highest tenant of the records, number of each, latest contact.
-- All links are grouped at once: twice as fast for SQLite as to group each table and add up.
SELECT
    customer_id,
    lowest_tenant,
    highest_tenant,
    total_appointments,
    total_conversations,
    {later} AS last_contact_at
FROM (
    SELECT
        customer_id,
        CAST(MIN(tenant_id) AS TEXT) AS lowest_tenant,
        CAST(MAX(tenant_id) AS TEXT) AS highest_tenant,
        SUM(appointments) AS total_appointments,
        SUM(conversations) AS total_conversations,
        MAX(contact_start) AS latest_start,
        MAX(contact_end) AS latest_end
    FROM (
        SELECT
            customer_id,
            COALESCE(tenant_id, '') AS tenant_id,
            1 AS appointments,
            0 AS conversations,
            {appointment_at} AS contact_start,
            NULL AS contact_end
        FROM {appointments}
        WHERE customer_id IS NOT NULL
        UNION ALL
        SELECT
            customer_id,
            COALESCE(tenant_id, ''),
            0,
            1,
            {first_message_at},
            {last_message_at}
        FROM {conversations}
        WHERE customer_id IS NOT NULL
    ) AS links
    GROUP BY customer_id
) AS customers
