"""What assets and checks reach outside with: the warehouse, the live database, the settings."""
