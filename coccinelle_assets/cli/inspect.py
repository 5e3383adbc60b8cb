"""Commands that read and never write: `verify`, `explain` and `history`."""

from __future__ import annotations

from typing import Annotated

import typer

from coccinelle_assets.cli.base import (
    EXIT_REFUSED,
    AsJson,
    Database,
    Remote,
    WranglerDir,
    app,
    print_json,
    read_warehouse,
    with_clear_errors,
)
from coccinelle_assets.settings import load_settings


@app.command()
@with_clear_errors
def verify(
    database: Database,
    remote: Remote = None,
    wrangler_dir: WranglerDir = None,
    as_json: AsJson = False,
) -> None:
    """Run the migration plan's verification on DATABASE; nothing is written.

    Exit code 3 when a check fails.
    """
    from coccinelle_assets.cli import terminal
    from coccinelle_assets.live.verify import verify as verify_live

    settings = load_settings(database=database, d1_remote=remote, wrangler_dir=wrangler_dir)
    with settings.live_database.read() as live:
        verification = verify_live(live, str(database), settings)
    if as_json:
        print_json(verification.as_dict())
    else:
        terminal.show_verification(verification)
    if not verification.holds:
        raise typer.Exit(EXIT_REFUSED)


@app.command()
@with_clear_errors
def explain(
    database: Database,
    customer_id: Annotated[str, typer.Argument(help="An id of the customers table.")],
    remote: Remote = None,
    wrangler_dir: WranglerDir = None,
    as_json: AsJson = False,
) -> None:
    """Show the records of a customer and the chain of identifiers that ties them."""
    from coccinelle_assets.cli import terminal
    from coccinelle_assets.live.merges import surviving_id
    from coccinelle_assets.resolution.explain import explain as explain_customer

    settings = load_settings(database=database, d1_remote=remote, wrangler_dir=wrangler_dir)
    with settings.live_database.read() as live:
        survivor = surviving_id(live, customer_id)
    with read_warehouse(settings) as connection:
        explanation = explain_customer(connection, survivor)
    if as_json:
        print_json({"asked_for": customer_id, **explanation.as_dict()})
    else:
        terminal.show_explanation(customer_id, explanation)


@app.command()
@with_clear_errors
def history(
    database: Database,
    remote: Remote = None,
    wrangler_dir: WranglerDir = None,
    as_json: AsJson = False,
) -> None:
    """Show the promotions of DATABASE and the backups that are kept of it."""
    from coccinelle_assets.cli import terminal
    from coccinelle_assets.definitions import build_resources
    from coccinelle_assets.live.history import read_history

    settings = load_settings(database=database, d1_remote=remote, wrangler_dir=wrangler_dir)
    backups = build_resources(settings)["live_database"].backup_directory
    with settings.live_database.read() as live:
        found = read_history(live, backups)
    if as_json:
        print_json(found.as_dict())
    else:
        terminal.show_history(found)
