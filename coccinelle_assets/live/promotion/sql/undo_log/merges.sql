-- Where merged ids lead, and what that changes: links of merged customers and older merges.
-- Grain: one row per link or merged id. Input: temp.moved_customers, the
-- linked tables; {appointments_id} and {omni_conversations_id} tell a row `t` of them.
-- Parameter: run_id. Output: customer_link_journal.
INSERT INTO customer_link_journal (run_id, source_table, record_id, before, after)
SELECT :run_id, 'appointments', {appointments_id}, t.customer_id, m.customer_id
FROM appointments AS t
JOIN moved_customers AS m ON m.merged_id = t.customer_id
UNION ALL
SELECT :run_id, 'omni_conversations', {omni_conversations_id}, t.customer_id, m.customer_id
FROM omni_conversations AS t
JOIN moved_customers AS m ON m.merged_id = t.customer_id
UNION ALL
SELECT :run_id, 'customer_merges', t.merged_id, t.customer_id, m.customer_id
FROM customer_merges AS t
JOIN moved_customers AS m ON m.merged_id = t.customer_id
UNION ALL
SELECT :run_id, 'customer_merges', m.merged_id, NULL, m.customer_id
FROM moved_customers AS m
