-- Prospects of new customers as they were seen. Grain: one row per prospect. Input: a
-- literal of JSON rows of customer, id, tenant, e-mail and phone.
SELECT
    json_extract(value, '$[0]') AS customer_id,
    json_extract(value, '$[1]') AS id,
    json_extract(value, '$[2]') AS seen_tenant_id,
    json_extract(value, '$[3]') AS seen_email,
    json_extract(value, '$[4]') AS seen_phone
FROM json_each({prospects})
