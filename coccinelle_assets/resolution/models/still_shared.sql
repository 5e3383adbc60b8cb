-- Identifiers that were shared at the last promotion, and whose sharers are silent now: they tie
-- nobody still, or a contraction would make strangers one.
-- Grain: one row per identifier. Input: promoted.shared_identifiers, identity.silent_links.
-- Output: identity.identifiers.
UPDATE identity.identifiers
SET usable = FALSE, reason = 'shared'
FROM promoted.shared_identifiers AS s
WHERE identifiers.usable
    AND s.tenant_id = identifiers.tenant_id
    AND s.kind = identifiers.kind
    AND s.value = identifiers.value
    AND s.tenant_id IN (SELECT tenant_id FROM identity.silent_links);
