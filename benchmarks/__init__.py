"""Measurements: how well records are resolved, and how fast a migration is."""
