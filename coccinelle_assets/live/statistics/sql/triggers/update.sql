-- A record of {table} that changes its customer or its date: both customers are counted anew.
-- Grain: one trigger per table. Input: {label}, {table}, {dates}: its date columns, {changed}:
-- whether any of them or the customer differs, {recount}. Output: the statistics of customers.
CREATE TRIGGER trg_{label}_update
AFTER UPDATE OF customer_id, {dates} ON {table}
WHEN {changed}
BEGIN
    {recount}
    WHERE id IN (OLD.customer_id, NEW.customer_id);
END
