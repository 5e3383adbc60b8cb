-- Planned changes of live customers that must wait: the row is not what was seen, or the e-mail
-- or phone it would get was taken since. Grain: one row per customer id.
-- Input: customers, plan.customer_changes, plan.customer_merges. Output: temp.stale_customers.
CREATE TEMP TABLE stale_customers AS
SELECT n.id
FROM plan.customer_changes AS n
LEFT JOIN customers AS c ON c.id = n.id
WHERE c.id IS NULL
    OR CAST(c.first_name AS TEXT) IS NOT n.seen_first_name
    OR CAST(c.last_name AS TEXT) IS NOT n.seen_last_name
    OR CAST(c.email AS TEXT) IS NOT n.seen_email
    OR CAST(c.phone AS TEXT) IS NOT n.seen_phone
    OR CAST(c.status AS TEXT) IS NOT n.seen_status
    OR CAST(c.source AS TEXT) IS NOT n.seen_source
    OR CAST(c.tags AS TEXT) IS NOT n.seen_tags
    OR CAST(c.preferred_contact_method AS TEXT) IS NOT n.seen_preferred_contact_method
    OR CAST(c.language AS TEXT) IS NOT n.seen_language
    OR CAST(c.timezone AS TEXT) IS NOT n.seen_timezone
UNION
SELECT m.merged_id
FROM plan.customer_merges AS m
LEFT JOIN customers AS c ON c.id = m.merged_id
LEFT JOIN customers AS s ON s.id = m.customer_id
WHERE c.id IS NULL
    OR s.id IS NULL
    OR CAST(c.email AS TEXT) IS NOT m.seen_email
    OR CAST(c.phone AS TEXT) IS NOT m.seen_phone;

-- Whoever waits keeps its e-mail and phone, so nobody may be given them: repeated until nothing
-- is added, since each customer that waits may make another one wait.
CREATE TEMP VIEW waiting_customers AS
SELECT n.id
FROM plan.customer_changes AS n
JOIN customers AS c ON c.tenant_id = n.tenant_id AND c.email = n.email AND c.id <> n.id
WHERE c.id IN (SELECT id FROM stale_customers)
    OR (
        c.id NOT IN (SELECT id FROM plan.customer_changes)
        AND c.id NOT IN (SELECT merged_id FROM plan.customer_merges)
    )
UNION
SELECT n.id
FROM plan.customer_changes AS n
JOIN customers AS c ON c.tenant_id = n.tenant_id AND c.phone = n.phone AND c.id <> n.id
WHERE c.id IN (SELECT id FROM stale_customers)
    OR (
        c.id NOT IN (SELECT id FROM plan.customer_changes)
        AND c.id NOT IN (SELECT merged_id FROM plan.customer_merges)
    )
UNION
-- A merged row stays until the customer that takes it over can take all of it.
SELECT merged_id
FROM plan.customer_merges
WHERE customer_id IN (SELECT id FROM stale_customers);
