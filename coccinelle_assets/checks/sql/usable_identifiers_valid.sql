-- Offenders: usable identifiers that are no E.164 phone or no e-mail address.
-- Grain: one row per identifier.
SELECT tenant_id, kind, value
FROM identity.identifiers
WHERE usable
    AND CASE
        WHEN kind = 'phone' THEN NOT regexp_full_match(value, '\+[1-9][0-9]{6,14}(;ext=[0-9]{1,6})?')
        ELSE NOT regexp_full_match(value, '[^@\s]+@[^@\s]+\.[^@\s.]+') OR value <> lower(value)
    END
