-- New customers none of whose records is there as it was seen: whoever they were, the application
-- has erased or changed it meanwhile. Grain: one row per such customer.
-- Input: plan.new_customers, plan.new_prospects, plan_links.*, the source tables; {appointments},
-- {conversations} and {prospects} tell whether a record `t` is what was seen of it in `l`,
-- {same_appointment}, {same_conversation} and {same_prospect} whether it is the same one.
-- Output: temp.gone_customers.
CREATE TEMP TABLE gone_customers AS
SELECT n.id
FROM plan.new_customers AS n
WHERE n.id NOT IN (
    SELECT l.customer_id
    FROM plan_links.appointment_links AS l
    CROSS JOIN main.appointments AS t ON {same_appointment}
    WHERE l.customer_id IN (SELECT id FROM plan.new_customers) AND {appointments}
    UNION ALL
    SELECT l.customer_id
    FROM plan_links.conversation_links AS l
    CROSS JOIN main.omni_conversations AS t ON {same_conversation}
    WHERE l.customer_id IN (SELECT id FROM plan.new_customers) AND {conversations}
    UNION ALL
    SELECT l.customer_id
    FROM plan.new_prospects AS l
    CROSS JOIN main.prospects AS t ON {same_prospect}
    WHERE {prospects}
)
