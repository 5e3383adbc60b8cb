"""DuckDB: the snapshot's tables, the preview of a promotion, and what the last one derived."""
