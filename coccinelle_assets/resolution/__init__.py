"""How source records become customers: pure SQL models and small Python, no Dagster."""
