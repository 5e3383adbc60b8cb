-- What the links say of each customer: the one count that statistics are held to.
-- Grain: one row per customer_id found in a link. Input: {appointments}, {conversations}.
-- Output: lowest and highest tenant of the records, number of each, latest contact.
-- Each table is grouped on its own, so that SQLite can walk the index on customer_id.
SELECT
    customer_id,
    lowest_tenant,
    highest_tenant,
    total_appointments,
    total_conversations,
    CASE WHEN latest_end > latest_start OR latest_start IS NULL
        THEN latest_end ELSE latest_start END AS last_contact_at
FROM (
    SELECT
        customer_id,
        MIN(lowest_tenant) AS lowest_tenant,
        MAX(highest_tenant) AS highest_tenant,
        SUM(appointments) AS total_appointments,
        SUM(conversations) AS total_conversations,
        MAX(latest_start) AS latest_start,
        MAX(latest_end) AS latest_end
    FROM (
        SELECT
            customer_id,
            MIN(COALESCE(tenant_id, '')) AS lowest_tenant,
            MAX(COALESCE(tenant_id, '')) AS highest_tenant,
            COUNT(*) AS appointments,
            0 AS conversations,
            MAX({appointment_at}) AS latest_start,
            NULL AS latest_end
        FROM {appointments}
        WHERE customer_id IS NOT NULL
        GROUP BY customer_id
        UNION ALL
        SELECT
            customer_id,
            MIN(COALESCE(tenant_id, '')),
            MAX(COALESCE(tenant_id, '')),
            0,
            COUNT(*),
            MAX({first_message_at}),
            MAX({last_message_at})
        FROM {conversations}
        WHERE customer_id IS NOT NULL
        GROUP BY customer_id
    ) AS tables
    GROUP BY customer_id
) AS customers
