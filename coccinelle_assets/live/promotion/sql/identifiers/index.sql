-- The index that leads from a customer to its identifiers. Grain: one index.
CREATE INDEX IF NOT EXISTS idx_customer_identifiers_customer ON customer_identifiers (customer_id);
