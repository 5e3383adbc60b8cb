-- The statistics of one customer, counted from its links. Grain: one row. {recount} is the body that
-- the triggers share. Output: customers. Parameter: :customer_id.
{recount}
WHERE customers.id = :customer_id
