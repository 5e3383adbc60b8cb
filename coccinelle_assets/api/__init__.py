"""The application's face: customers, appointments, conversations over HTTP (the plan's step 1)."""

from coccinelle_assets.api.app import build_app

__all__ = ["build_app"]
