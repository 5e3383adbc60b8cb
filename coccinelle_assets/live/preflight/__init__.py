"""What a database has to be for a promotion: looked at before anything is resolved."""
