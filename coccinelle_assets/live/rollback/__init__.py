"""The way back: the database as it was before the first promotion, or the last one."""
