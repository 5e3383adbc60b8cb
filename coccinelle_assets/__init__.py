"""One verified customers table, resolved from scattered records and promoted through gates."""
