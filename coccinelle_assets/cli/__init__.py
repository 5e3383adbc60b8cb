"""The command line: a thin face on the Dagster jobs and on the live database's verification."""

from coccinelle_assets.cli import alerts, change, inspect, migrate
from coccinelle_assets.cli.base import app

__all__ = ["alerts", "app", "change", "inspect", "main", "migrate"]


def main() -> None:
    """Run the command line."""
    app()
