-- Golden records: what the records of a cluster say of its customer, column by column.
-- Grain: one row per cluster. Input: identity.clusters, contacts, evidence, phone_places (phone,
-- time_zone, language; numbers outside France only). Output: identity.golden_records.
-- Survivorship: prospects, then conversations, then appointments, last the live row's own
-- evidence; within one source the most recently changed; ties by age, then id. A name with both
-- parts wins over a partial one, and both parts come from one record.
CREATE OR REPLACE TABLE identity.golden_records AS
WITH
members AS MATERIALIZED (
    SELECT
        k.cluster_id,
        c.record_no,
        c.tenant_id,
        c.source_table,
        c.first_name,
        c.last_name,
        c.person,
        c.channel,
        c.stage,
        c.origin,
        c.observed_at,
        c.contacted_at,
        CASE c.source_table
            WHEN 'prospects' THEN 3
            WHEN 'omni_conversations' THEN 2
            WHEN 'appointments' THEN 1
            ELSE 0
        END * CAST(2000000000000000000 AS BIGINT)
        -- Seconds since 1970, at most 10^10 (the year 2286), then the earlier of 2 * 10^8 records.
        + greatest(
            least(COALESCE(epoch(c.changed_at), 0), 9999999999), 0
        )::BIGINT * 200000000
        - c.record_no AS survivorship_no
    FROM identity.clusters AS k
    JOIN identity.contacts AS c ON c.record_no = k.record_no
),
named AS (
    SELECT
        cluster_id,
        max_by(first_name, survivorship_no) FILTER (WHERE last_name IS NOT NULL)
            AS complete_first_name,
        max_by(last_name, survivorship_no) FILTER (WHERE first_name IS NOT NULL)
            AS complete_last_name,
        max_by(COALESCE(first_name, ''), survivorship_no) AS first_name,
        max_by(COALESCE(last_name, ''), survivorship_no) AS last_name
    FROM members
    WHERE source_table <> 'customers' AND person IS NOT NULL
    GROUP BY cluster_id
),
identified AS (
    SELECT
        m.cluster_id,
        max_by(e.email, m.survivorship_no) FILTER (WHERE e.email IS NOT NULL) AS email,
        max_by(e.phone, m.survivorship_no) FILTER (WHERE e.phone IS NOT NULL) AS phone
    FROM members AS m
    JOIN identity.evidence AS e ON e.record_no = m.record_no
    GROUP BY m.cluster_id
),
gathered AS (
    SELECT
        cluster_id,
        min(tenant_id) AS tenant_id,
        max_by(COALESCE(stage, ''), survivorship_no) FILTER (WHERE source_table = 'prospects')
            AS stage,
        min_by(
            CASE source_table
                WHEN 'prospects' THEN COALESCE(nullif(origin, ''), 'prospect')
                WHEN 'omni_conversations' THEN COALESCE(nullif(channel, ''), 'conversation')
                ELSE 'appointment'
            END,
            record_no
        ) FILTER (WHERE source_table <> 'customers') AS source,
        count(*) FILTER (WHERE source_table = 'prospects') AS total_prospects,
        count(*) FILTER (WHERE source_table = 'appointments') AS total_appointments,
        count(*) FILTER (WHERE source_table = 'omni_conversations') AS total_conversations,
        max(contacted_at) AS last_contact_at,
        min(observed_at) AS observed_at
    FROM members
    GROUP BY cluster_id
),
channels AS (
    SELECT
        cluster_id,
        CASE WHEN lower(channel) = 'voice' THEN 'phone' ELSE lower(channel) END AS channel,
        count(*) AS conversations
    FROM members
    WHERE channel <> ''
    GROUP BY ALL
),
preferred AS (
    SELECT cluster_id, channel
    FROM (
        SELECT
            cluster_id,
            channel,
            row_number() OVER (PARTITION BY cluster_id ORDER BY conversations DESC, channel) AS place
        FROM channels
    ) AS places
    WHERE place = 1
)
SELECT
    g.cluster_id,
    g.tenant_id,
    COALESCE(n.complete_first_name, nullif(n.first_name, '')) AS first_name,
    COALESCE(n.complete_last_name, nullif(n.last_name, '')) AS last_name,
    i.email,
    i.phone,
    CASE
        WHEN g.total_appointments + g.total_conversations > 0 THEN 'customer'
        WHEN g.stage = 'new' THEN 'lead'
        WHEN g.stage IN ('contacted', 'qualified') THEN 'prospect'
        ELSE 'active'
    END AS status,
    g.source,
    '[' || concat_ws(
        ',',
        CASE WHEN g.total_prospects > 0 THEN '"prospects"' END,
        CASE WHEN g.total_appointments > 0 THEN '"appointments"' END,
        CASE WHEN g.total_conversations > 0 THEN '"conversations"' END
    ) || ']' AS tags,
    COALESCE(
        p.channel,
        CASE WHEN i.phone IS NOT NULL THEN 'phone' WHEN i.email IS NOT NULL THEN 'email' END
    ) AS preferred_contact_method,
    COALESCE(w.language, 'fr') AS language,
    COALESCE(w.time_zone, 'Europe/Paris') AS timezone,
    g.total_appointments,
    g.total_conversations,
    utc_text(g.last_contact_at) AS last_contact_at,
    utc_text(g.observed_at) AS observed_at
FROM gathered AS g
LEFT JOIN named AS n ON n.cluster_id = g.cluster_id
LEFT JOIN identified AS i ON i.cluster_id = g.cluster_id
LEFT JOIN preferred AS p ON p.cluster_id = g.cluster_id
LEFT JOIN phone_places AS w ON w.phone = i.phone;
