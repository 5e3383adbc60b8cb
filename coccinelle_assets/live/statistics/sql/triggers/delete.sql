-- A record of {table} that goes: its customer is counted anew.
-- Grain: one trigger per table. Input: {label}, {table}, {recount}. Output: customers.
CREATE TRIGGER trg_{label}_delete
AFTER DELETE ON {table}
WHEN OLD.customer_id IS NOT NULL
BEGIN
    {recount}
    WHERE id = OLD.customer_id;
END
