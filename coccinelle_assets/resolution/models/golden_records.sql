-- Golden records: what the records of a cluster say of its customer, column by column.
-- Grain: one row per cluster. Input: identity.members, contacts, evidence, identifiers, phone_places
-- (phone, time_zone, language; numbers outside France only). Output: identity.golden_records.
-- Survivorship: prospects, then conversations, then appointments, last the live row's own
-- evidence; within one source the most recently changed; ties by age, then id. A name with both
-- parts wins over a partial one, and both parts come from one record.
CREATE OR REPLACE TABLE identity.golden_records AS
WITH
members AS MATERIALIZED (
    SELECT
        k.cluster_no,
        c.record_no,
        c.source_table,
        c.person IS NOT NULL AND c.source_table <> 'customers' AS named,
        c.first_name IS NOT NULL AND c.last_name IS NOT NULL AS named_in_full,
        c.channel,
        c.stage,
        c.origin,
        c.observed_at,
        c.contacted_at,
        e.email_no,
        e.phone_no,
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
    FROM identity.members AS k
    JOIN identity.contacts AS c ON c.record_no = k.record_no
    LEFT JOIN identity.evidence AS e ON e.record_no = k.record_no
),
-- Whose name and which identifiers survive, in numbers: the texts are looked up once, at the end.
gathered AS (
    SELECT
        cluster_no,
        COALESCE(
            max_by(record_no, survivorship_no) FILTER (WHERE named AND named_in_full),
            max_by(record_no, survivorship_no) FILTER (WHERE named)
        ) AS name_no,
        max_by(email_no, survivorship_no) FILTER (WHERE email_no IS NOT NULL) AS email_no,
        max_by(phone_no, survivorship_no) FILTER (WHERE phone_no IS NOT NULL) AS phone_no,
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
    GROUP BY cluster_no
),
channels AS (
    SELECT
        cluster_no,
        CASE WHEN lower(channel) = 'voice' THEN 'phone' ELSE lower(channel) END AS channel,
        count(*) AS conversations
    FROM members
    WHERE channel <> ''
    GROUP BY ALL
),
preferred AS (
    SELECT cluster_no, channel
    FROM (
        SELECT
            cluster_no,
            channel,
            row_number() OVER (PARTITION BY cluster_no ORDER BY conversations DESC, channel) AS place
        FROM channels
    ) AS places
    WHERE place = 1
)
SELECT
    h.record_no AS cluster_no,
    cluster_id(h.tenant_id, h.source_table, h.source_id) AS cluster_id,
    h.tenant_id,
    n.first_name,
    n.last_name,
    e.value AS email,
    t.value AS phone,
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
        CASE WHEN t.value IS NOT NULL THEN 'phone' WHEN e.value IS NOT NULL THEN 'email' END
    ) AS preferred_contact_method,
    COALESCE(w.language, 'fr') AS language,
    COALESCE(w.time_zone, 'Europe/Paris') AS timezone,
    g.total_appointments,
    g.total_conversations,
    utc_text(g.last_contact_at) AS last_contact_at,
    utc_text(g.observed_at) AS observed_at
FROM gathered AS g
JOIN identity.contacts AS h ON h.record_no = g.cluster_no
LEFT JOIN identity.contacts AS n ON n.record_no = g.name_no
LEFT JOIN identity.identifiers AS e ON e.identifier_no = g.email_no
LEFT JOIN identity.identifiers AS t ON t.identifier_no = g.phone_no
LEFT JOIN preferred AS p ON p.cluster_no = g.cluster_no
LEFT JOIN phone_places AS w ON w.phone = t.value;
