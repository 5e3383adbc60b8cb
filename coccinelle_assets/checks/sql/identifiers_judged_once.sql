-- Offenders: identifiers that were judged twice, or rejected without a reason.
-- Grain: one row per (tenant_id, kind, value).
SELECT tenant_id, kind, value, count(*) AS judgements
FROM identity.identifiers
GROUP BY tenant_id, kind, value
HAVING count(*) > 1 OR bool_or(usable = (reason IS NOT NULL))
