-- The e-mails and phones of a customer that its row has no room for: none is lost.
-- Grain: one row per customer and identifier. Input: ssot.customer_identifiers, ssot.customers.
-- Output: ssot.other_identifiers, a view.
CREATE OR REPLACE VIEW ssot.other_identifiers AS
SELECT i.tenant_id, i.customer_id, i.kind, i.value
FROM ssot.customer_identifiers AS i
JOIN ssot.customers AS c ON c.id = i.customer_id
WHERE CASE i.kind
        WHEN 'email' THEN c.email IS NULL OR mailbox(c.email) <> mailbox(i.value)
        WHEN 'phone' THEN c.phone IS NULL OR c.phone <> i.value
        ELSE FALSE
    END;
