"""The .sql models by name."""

from __future__ import annotations

from coccinelle_assets.sql import load_sql


def model(name: str, **identifiers: str) -> str:
    """The text of resolution/models/<name>.sql."""
    return load_sql(f"resolution/models/{name}.sql", **identifiers)
