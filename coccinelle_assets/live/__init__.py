"""What happens to the live database: reading, checking, publishing, verifying. No Dagster."""
