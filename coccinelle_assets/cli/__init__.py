"""The command line: a thin face on the Dagster jobs and on the live database's verification."""

from coccinelle_assets.cli import alerts, inspect, migrate
from coccinelle_assets.cli.base import app

__all__ = ["alerts", "app", "inspect", "main", "migrate"]


def main() -> None:
    """Run the command line."""
    app()
