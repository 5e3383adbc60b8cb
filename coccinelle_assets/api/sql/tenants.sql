-- Tenants with their keys. Grain: one row per tenant that has one. {phone}, {country},
-- {country_code}: what tells of its region, or NULL.
SELECT id, api_key, {phone}, {country}, {country_code}
FROM tenants
WHERE api_key IS NOT NULL AND api_key <> ''
ORDER BY id
