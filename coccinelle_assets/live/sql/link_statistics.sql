-- What the links say of each customer: the one count that statistics are held to.
-- Grain: one row per customer_id found in a link. Input: {appointments}, {conversations}.
-- Output: {link_statistics}: lowest and highest tenant of the records, number of each, latest
-- contact. Each table is grouped on its own, along the index on customer_id, and so comes in the
-- order of the primary key: one grouping of both would sort a million rows.
CREATE {temp} TABLE {link_statistics} (
    customer_id TEXT PRIMARY KEY,
    lowest_tenant TEXT,
    highest_tenant TEXT,
    total_appointments INTEGER,
    total_conversations INTEGER,
    last_contact_at TEXT
);

INSERT INTO {link_statistics}
SELECT
    customer_id,
    MIN(COALESCE(tenant_id, '')),
    MAX(COALESCE(tenant_id, '')),
    COUNT(*),
    0,
    MAX({appointment_at})
FROM {appointments}
WHERE customer_id IS NOT NULL
GROUP BY customer_id;

INSERT INTO {link_statistics}
SELECT
    customer_id,
    lowest_tenant,
    highest_tenant,
    0,
    conversations,
    CASE WHEN latest_end > latest_start OR latest_start IS NULL
        THEN latest_end ELSE latest_start END
FROM (
    SELECT
        customer_id,
        MIN(COALESCE(tenant_id, '')) AS lowest_tenant,
        MAX(COALESCE(tenant_id, '')) AS highest_tenant,
        COUNT(*) AS conversations,
        MAX({first_message_at}) AS latest_start,
        MAX({last_message_at}) AS latest_end
    FROM {conversations}
    WHERE customer_id IS NOT NULL
    GROUP BY customer_id
) AS talks
WHERE TRUE
ON CONFLICT (customer_id) DO UPDATE SET
    lowest_tenant = CASE WHEN excluded.lowest_tenant < lowest_tenant
        THEN excluded.lowest_tenant ELSE lowest_tenant END,
    highest_tenant = CASE WHEN excluded.highest_tenant > highest_tenant
        THEN excluded.highest_tenant ELSE highest_tenant END,
    total_conversations = excluded.total_conversations,
    last_contact_at = CASE
        WHEN last_contact_at IS NULL OR excluded.last_contact_at > last_contact_at
        THEN excluded.last_contact_at
        ELSE last_contact_at
    END;
