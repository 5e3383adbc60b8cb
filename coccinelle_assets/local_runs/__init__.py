"""Runs of the project's jobs in this process, with Dagster's own history."""
