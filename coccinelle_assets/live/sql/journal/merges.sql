-- Where merged ids lead, and what that changes: links of merged customers and older merges.
-- Grain: one row per link or merged id. Input: plan.customer_merges, temp.stale_customers.
-- Parameter: run_id. Output: customer_link_journal.
INSERT INTO customer_link_journal (run_id, source_table, record_id, before, after)
SELECT :run_id, 'appointments', t.id, t.customer_id, m.customer_id
FROM appointments AS t
JOIN plan.customer_merges AS m ON m.merged_id = t.customer_id
WHERE m.merged_id NOT IN (SELECT id FROM stale_customers)
UNION ALL
SELECT :run_id, 'omni_conversations', t.id, t.customer_id, m.customer_id
FROM omni_conversations AS t
JOIN plan.customer_merges AS m ON m.merged_id = t.customer_id
WHERE m.merged_id NOT IN (SELECT id FROM stale_customers)
UNION ALL
SELECT :run_id, 'customer_merges', t.merged_id, t.customer_id, m.customer_id
FROM customer_merges AS t
JOIN plan.customer_merges AS m ON m.merged_id = t.customer_id
WHERE m.merged_id NOT IN (SELECT id FROM stale_customers)
UNION ALL
SELECT :run_id, 'customer_merges', m.merged_id, NULL, m.customer_id
FROM plan.customer_merges AS m
WHERE m.merged_id NOT IN (SELECT id FROM stale_customers)
