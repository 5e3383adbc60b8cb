-- Migration plan, verification 4: how many conversations are linked. Grain: one row.
SELECT COUNT(*) AS total_conversations, COUNT(customer_id) AS linked_to_customer
FROM omni_conversations
