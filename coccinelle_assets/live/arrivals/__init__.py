"""Single records as they come in by day: who is known by what, and what is written of them."""
