"""One verified customers table per tenant, resolved from scattered records and promoted by gates."""
