"""The promotion: a plan written to a live database in one audited transaction."""
