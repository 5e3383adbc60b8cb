"""Commands after a promotion: `triggers`, `rollback` and `contract`."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from coccinelle_assets.cli.base import (
    EXIT_CODES,
    EXIT_REFUSED,
    AsJson,
    Config,
    Database,
    Environment,
    Home,
    PersistTo,
    Remote,
    WranglerDir,
    app,
    print_json,
    settings_of,
    with_clear_errors,
)
from coccinelle_assets.live.open_database import database_of
from coccinelle_assets.settings import Settings

if TYPE_CHECKING:
    from coccinelle_assets.local_runs.run_job import RunOutcome
    from coccinelle_assets.predicates.predicate import Finding


@app.command()
@with_clear_errors
def triggers(
    database: Database,
    remote: Remote = None,
    wrangler_dir: WranglerDir = None,
    env: Environment = None,
    config: Config = None,
    persist_to: PersistTo = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Install the triggers that keep the customers' statistics true in DATABASE."""
    from coccinelle_assets.local_runs.run_job import run_triggers

    settings = settings_of(database, remote, wrangler_dir, env, config, persist_to, home)
    _require_open(settings)
    _finish(run_triggers(settings), as_json=as_json)


@app.command()
@with_clear_errors
def rollback(
    database: Database,
    to_previous: Annotated[
        bool, typer.Option("--to-previous", help="Undo the last promotion alone.")
    ] = False,
    remote: Remote = None,
    wrangler_dir: WranglerDir = None,
    env: Environment = None,
    config: Config = None,
    persist_to: PersistTo = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Give DATABASE back as it was before the first promotion.

    Rows that the application wrote since stay. A backup is made first.
    """
    from coccinelle_assets.local_runs.run_job import run_rollback

    settings = settings_of(database, remote, wrangler_dir, env, config, persist_to, home)
    _require_open(settings)
    _finish(run_rollback(settings, to_previous=to_previous), as_json=as_json)


@app.command()
@with_clear_errors
def contract(
    database: Database,
    yes: Annotated[bool, typer.Option("--yes", help="Really drop the columns.")] = False,
    anonymous: Annotated[
        bool,
        typer.Option("--anonymous", help="Give rows without any identity a customer of their own."),
    ] = False,
    remote: Remote = None,
    wrangler_dir: WranglerDir = None,
    env: Environment = None,
    config: Config = None,
    persist_to: PersistTo = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Drop customer_name, _email and _phone of DATABASE; make its links strict.

    Without --yes nothing is written: what stands in the way is listed. Exit code 3 when a gate
    refuses.
    """
    settings = settings_of(database, remote, wrangler_dir, env, config, persist_to, home)
    if not yes:
        _show_obstacles(settings, anonymous=anonymous, as_json=as_json)
        return
    _require_open(settings)
    from coccinelle_assets.local_runs.run_job import run_contract

    _finish(run_contract(settings, anonymous=anonymous), as_json=as_json)


def _require_open(settings: Settings) -> None:
    """Refuse a database that cannot be opened before a run is started over it."""
    database_of(settings).schema()


def _show_obstacles(settings: Settings, *, anonymous: bool, as_json: bool) -> None:
    from coccinelle_assets.cli import terminal
    from coccinelle_assets.live.contraction.contract import (
        contract,
        evaluate_contract,
        is_let_pass,
        require_contractable,
    )
    from coccinelle_assets.live.d1.database import D1Database

    name = str(settings.database)

    def evaluated(live: sqlite3.Connection) -> list[Finding]:
        return [
            finding.masked()
            for finding in evaluate_contract(live, require_contractable(live, name))
            if finding.holds or not is_let_pass(finding, anonymous=anonymous)
        ]

    def rehearsed(live: sqlite3.Connection) -> list[Finding]:
        findings = evaluated(live)
        if all(finding.holds for finding in findings):
            with TemporaryDirectory() as archives:
                contract(live, name, Path(archives), anonymous=anonymous)
        return findings

    database = database_of(settings)
    if isinstance(database, D1Database):
        # What is sent has to get by with foreign keys on: that is seen when it is tried.
        findings = database.rehearse("contraction", rehearsed)
    else:
        with database.read() as live:
            findings = evaluated(live)
    if as_json:
        print_json({"status": "not_contracted", "checks": [row.as_dict() for row in findings]})
    else:
        terminal.show_findings(findings)
        terminal.say("Nothing was written. Add --yes to contract.")
    if not all(finding.holds for finding in findings):
        raise typer.Exit(EXIT_REFUSED)


def _finish(outcome: RunOutcome, *, as_json: bool) -> None:
    """Show what a run did to the live database, and exit as the design says."""
    from coccinelle_assets.cli import terminal

    if as_json:
        print_json(
            {
                "run_id": outcome.run_id,
                "status": outcome.status,
                "refused_by": outcome.refused,
                "error": outcome.error,
                **outcome.reported,
            }
        )
    else:
        terminal.show_change(outcome)
    if not outcome.is_done:
        raise typer.Exit(EXIT_CODES[outcome.status])
