-- Planned changes of live customers that must wait: the row is not what was seen any more.
-- Grain: one row per customer id.
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
