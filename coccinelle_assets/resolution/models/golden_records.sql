-- Golden records: what the records of a cluster say of its customer, column by column.
-- Grain: one row per cluster. Input: identity.members, contacts, evidence, more_evidence, more_details, identifiers,
-- name_ties, phone_places
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
        max_by(record_no, survivorship_no) FILTER (WHERE email_no IS NOT NULL) AS email_record,
        max_by(record_no, survivorship_no) FILTER (WHERE phone_no IS NOT NULL) AS phone_record,
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
-- Of customers none of whose records has one of a kind in its own place.
more AS (
    SELECT
        m.cluster_no,
        max_by(d.shown, m.survivorship_no) FILTER (WHERE d.kind = 'email') AS email,
        max_by(d.shown, m.survivorship_no) FILTER (WHERE d.kind = 'phone') AS phone
    FROM identity.more_evidence AS e
    JOIN identity.identifiers AS i ON i.identifier_no = e.identifier_no
    JOIN identity.more_details AS d
        ON d.record_no = e.record_no
        AND d.kind = e.kind
        AND d.value = i.value
    JOIN members AS m ON m.record_no = e.record_no
    GROUP BY m.cluster_no
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
    COALESCE(e.email_shown, e.email, o.email) AS email,
    COALESCE(t.phone_shown, t.phone, o.phone) AS phone,
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
        CASE
            WHEN t.phone IS NOT NULL OR o.phone IS NOT NULL THEN 'phone'
            WHEN e.email IS NOT NULL OR o.email IS NOT NULL THEN 'email'
        END
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
LEFT JOIN identity.contacts AS e ON e.record_no = g.email_record
LEFT JOIN identity.contacts AS t ON t.record_no = g.phone_record
LEFT JOIN more AS o ON o.cluster_no = g.cluster_no
LEFT JOIN preferred AS p ON p.cluster_no = g.cluster_no
LEFT JOIN phone_places AS w ON w.phone = COALESCE(t.phone_shown, t.phone, o.phone);

-- An e-mail or phone that several customers would show: one that ties only where names agree, or a
-- number with extensions. It stays with the customer whom it ties by itself, else with the one that
-- shows it already, else with the one that has the earliest record.
-- Grain: one row per customer that shows it no more. Output: identity.golden_records.
CREATE OR REPLACE TEMP TABLE shown_twice AS
WITH
shown AS (
    SELECT cluster_no, tenant_id, 'email' AS kind, email AS value
    FROM identity.golden_records
    WHERE email IS NOT NULL
    UNION ALL
    SELECT cluster_no, tenant_id, 'phone', phone FROM identity.golden_records WHERE phone IS NOT NULL
),
several AS MATERIALIZED (
    SELECT tenant_id, kind, value FROM shown GROUP BY tenant_id, kind, value HAVING count(*) > 1
),
held AS (
    SELECT
        h.cluster_no,
        h.tenant_id,
        h.kind,
        h.value,
        COALESCE(
            bool_or(
                CASE h.kind WHEN 'email' THEN c.email ELSE c.phone END = h.value
                AND t.record_no IS NULL
            ),
            FALSE
        ) AS whole,
        bool_or(
            c.source_table = 'customers'
            AND CASE h.kind
                WHEN 'email' THEN COALESCE(c.email_shown, c.email)
                ELSE COALESCE(c.phone_shown, c.phone)
            END = h.value
        ) IS TRUE AS showing
    FROM shown AS h
    JOIN several AS s ON s.tenant_id = h.tenant_id AND s.kind = h.kind AND s.value = h.value
    JOIN identity.members AS k ON k.cluster_no = h.cluster_no
    JOIN identity.contacts AS c ON c.record_no = k.record_no
    LEFT JOIN identity.identifiers AS i
        ON i.tenant_id = h.tenant_id
        AND i.kind = h.kind
        AND i.value = h.value
    LEFT JOIN identity.name_ties AS t
        ON t.record_no = k.record_no
        AND t.identifier_no = i.identifier_no
    GROUP BY h.cluster_no, h.tenant_id, h.kind, h.value
)
SELECT cluster_no, kind
FROM held
QUALIFY row_number() OVER (PARTITION BY tenant_id, kind, value ORDER BY whole DESC, showing DESC, cluster_no) > 1;

UPDATE identity.golden_records
SET email = NULL
WHERE cluster_no IN (SELECT cluster_no FROM shown_twice WHERE kind = 'email');
UPDATE identity.golden_records
SET phone = NULL
WHERE cluster_no IN (SELECT cluster_no FROM shown_twice WHERE kind = 'phone');
DROP TABLE temp.shown_twice;
