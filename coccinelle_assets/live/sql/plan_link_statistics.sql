-- Fills the count of the links in an attached file (plan_link_statistics_table.sql), in its order.
-- Grain: one row per customer that has any link. Input: gate.link_statistics.
INSERT INTO plan_links.link_statistics
SELECT
    customer_id, lowest_tenant, highest_tenant, total_appointments, total_conversations,
    last_contact_at
FROM gate.link_statistics
ORDER BY customer_id
