-- Migration plan, step 2: a new record of {table} counts for its customer.
-- The plan's MAX(last_contact_at, NEW.date) is NULL for ever once either is NULL: an aggregate
-- over rows passes over them. Grain: one trigger per table. Input: {label}, {table}, {total},
-- {contacts}: the dates of NEW, each as UNION ALL SELECT. Output: the statistics of customers.
CREATE TRIGGER trg_{label}_insert
AFTER INSERT ON {table}
WHEN NEW.customer_id IS NOT NULL
BEGIN
    UPDATE customers
    SET
        {total} = COALESCE({total}, 0) + 1,
        last_contact_at = (
            SELECT MAX(contact)
            FROM (SELECT customers.last_contact_at AS contact {contacts})
        ),
        updated_at = CURRENT_TIMESTAMP
    WHERE id = NEW.customer_id;
END
