-- What was derived by day is promoted now: the baseline has it from here on.
-- Grain: one row per customer or record that arrived. Input: plan.seen_arrivals,
-- plan.seen_arrival_links. Output: customer_arrivals, arrival_links.
DELETE FROM customer_arrivals WHERE id IN (SELECT id FROM plan.seen_arrivals);

DELETE FROM arrival_links
WHERE (source_table, record_id, customer_id) IN (
    SELECT source_table, record_id, customer_id FROM plan.seen_arrival_links
);
