"""SQLite alone: files, transactions, schemas. It knows nothing of the rest."""
