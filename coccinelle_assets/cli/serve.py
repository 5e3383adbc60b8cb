"""`coccinelle serve`: the application's face over HTTP."""

from __future__ import annotations

from typing import Annotated

import typer

from coccinelle_assets.cli.base import Database, Home, app, require_own_home, with_clear_errors
from coccinelle_assets.settings import load_settings

GRACE_SECONDS = 10


@app.command()
@with_clear_errors
def serve(
    database: Database,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.", min=0, max=65535)] = (
        8000
    ),
    home: Home = None,
) -> None:
    """Serve customers, appointments and conversations of DATABASE over HTTP, until stopped.

    Each tenant by its key (tenants.api_key); docs/api.md has the contract, /docs shows it.
    """
    settings = load_settings(database=database, home=home)
    if settings.location.d1 is None:
        # Before the imports, which take longer.
        require_own_home(settings)
    from coccinelle_assets.api.serve import serve_app

    serve_app(settings, host, port, GRACE_SECONDS)
