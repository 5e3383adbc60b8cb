"""Commands that read and never write: `verify`, `explain` and `history`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coccinelle_assets.cli.base import (
    EXIT_REFUSED,
    AsJson,
    Config,
    Database,
    Environment,
    Home,
    PersistTo,
    Remote,
    Show,
    WranglerDir,
    app,
    print_json,
    read_warehouse,
    require_own_home,
    settings_of,
    with_clear_errors,
)
from coccinelle_assets.live.open_database import database_of

if TYPE_CHECKING:
    from coccinelle_assets.resolution.explain import Explanation
    from coccinelle_assets.resolution.questions import Answer


@app.command()
@with_clear_errors
def verify(
    database: Database,
    remote: Remote = None,
    wrangler_dir: WranglerDir = None,
    env: Environment = None,
    config: Config = None,
    persist_to: PersistTo = None,
    home: Home = None,
    show: Show = False,
    as_json: AsJson = False,
) -> None:
    """Run the migration plan's verification on DATABASE; nothing is written.

    Exit code 3 when a check fails. Personal details are masked without --show.
    """
    from coccinelle_assets.cli import terminal
    from coccinelle_assets.live.verify import verify as verify_live

    settings = settings_of(database, remote, wrangler_dir, env, config, persist_to, home)
    verification = verify_live(database_of(settings))
    if not show:
        verification = verification.masked()
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
    question: Annotated[
        str,
        typer.Argument(
            help="A customer's id, one of its e-mails or phones, or a record such as "
            "appointments:ID."
        ),
    ],
    remote: Remote = None,
    wrangler_dir: WranglerDir = None,
    env: Environment = None,
    config: Config = None,
    persist_to: PersistTo = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show the records of a customer and the chain of identifiers that ties them.

    Of a record without a customer: why it has none. Of an e-mail or phone that ties nobody: why.
    """
    from coccinelle_assets.live.merges import surviving_id
    from coccinelle_assets.resolution.explain import explain as explain_customer
    from coccinelle_assets.resolution.questions import find

    settings = settings_of(database, remote, wrangler_dir, env, config, persist_to, home)
    require_own_home(settings)
    with database_of(settings).read("customer_merges") as live:
        survivor = surviving_id(live, question)
    with read_warehouse(settings) as connection:
        answer = find(connection, survivor, settings)
        customers = [explain_customer(connection, found) for found in answer.customers]
    if as_json:
        print_json(answer_as_dict(question, answer, customers))
    else:
        from coccinelle_assets.cli import terminal

        terminal.show_answer(question, survivor, answer, customers)


@app.command()
@with_clear_errors
def history(
    database: Database,
    remote: Remote = None,
    wrangler_dir: WranglerDir = None,
    env: Environment = None,
    config: Config = None,
    persist_to: PersistTo = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show the promotions of DATABASE and the backups that are kept of it."""
    from coccinelle_assets.cli import terminal
    from coccinelle_assets.definitions import build_resources
    from coccinelle_assets.live.history import read_history

    settings = settings_of(database, remote, wrangler_dir, env, config, persist_to, home)
    require_own_home(settings)
    backups = build_resources(settings).live_database.backup_directory
    with database_of(settings).read("customer_promotions", "customer_contracts") as live:
        found = read_history(live, backups)
    if as_json:
        print_json(found.as_dict())
    else:
        terminal.show_history(found)


def answer_as_dict(
    question: str, answer: Answer, customers: Sequence[Explanation]
) -> dict[str, Any]:
    """An answer as JSON takes it: the first customer's explanation, then what else was found."""
    nobody: dict[str, Any] = {"customer_id": None, "tenant_id": None, "records": [], "ties": []}
    first = customers[0].as_dict() if customers else nobody
    return {
        "asked_for": question,
        **first,
        "others": [explanation.as_dict() for explanation in customers[1:]],
        "unlinked": [asdict(record) for record in answer.unlinked],
        "rejected": [asdict(identifier) for identifier in answer.rejected],
    }
