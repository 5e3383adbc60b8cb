-- Planned links of one table that the live rows do not carry. Grain: one row per link.
-- Input: plan_links.{links}, {table}, {same_record}: whether `t` is the record of `l`; {key} tells `t`.
-- Output: the plan's row, whether the customer is there, the live row's details as they are now.
SELECT
    l.id,
    l.customer_id,
    l.customer_id IN (SELECT id FROM unavailable_customers) AS unavailable,
    {key} AS key,
    l.seen_tenant_id,
    COALESCE(v.customer_id, l.seen_customer_id),
    l.seen_email,
    l.seen_phone,
    l.seen_prospect_id,
    CAST(t.tenant_id AS BLOB),
    CAST(t.customer_id AS BLOB),
    {email},
    {phone},
    {prospect_id}
FROM plan_links.{links} AS l
LEFT JOIN {table} AS t ON {same_record}
LEFT JOIN moved_customers AS v ON v.merged_id = l.seen_customer_id
WHERE l.changed AND t.customer_id IS NOT l.customer_id
