"""`coccinelle migrate` and `coccinelle demo`: run the migration job and show how it ended."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coccinelle_assets.cli.base import (
    EXIT_CODES,
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
    read_warehouse,
    settings_of,
    with_clear_errors,
)
from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.open_database import database_of
from coccinelle_assets.outputs import require_output
from coccinelle_assets.settings import Settings, load_settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from coccinelle_assets.local_runs.run_job import RunOutcome


@app.command()
@with_clear_errors
def migrate(
    database: Database,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change; write nothing to it.")
    ] = False,
    sql: Annotated[
        Path | None,
        typer.Option(help="Write the promotion to this file as SQL; implies --dry-run."),
    ] = None,
    remote: Remote = None,
    wrangler_dir: WranglerDir = None,
    env: Environment = None,
    config: Config = None,
    persist_to: PersistTo = None,
    as_json: AsJson = False,
    report: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Write a page of charts to this HTML file."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write --sql or --report over a file that is there.")
    ] = False,
    home: Home = None,
    tenants: Annotated[
        list[str] | None,
        typer.Option("--tenant", help="Only this tenant; repeat it for a wave of several."),
    ] = None,
    even_if_unchanged: Annotated[
        bool, typer.Option("--even-if-unchanged", help="Run also when nothing changed since.")
    ] = False,
    default_region: Annotated[
        str | None, typer.Option(help="Region of phone numbers without a country code.")
    ] = None,
    max_people_per_identifier: Annotated[
        int | None, typer.Option(help="Beyond this many names an e-mail or phone ties nobody.")
    ] = None,
    max_customer_drift: Annotated[
        float | None, typer.Option(help="Share of customers a run may add or lose; 1000: any.")
    ] = None,
    busy_timeout_seconds: Annotated[
        float | None, typer.Option(help="How long to wait for another writer, in seconds.")
    ] = None,
    max_lock_seconds: Annotated[
        float | None,
        typer.Option(help="Promote by tenant ranges: about how long other writers may wait."),
    ] = None,
) -> None:
    """Resolve the customers of DATABASE and promote them when every check holds.

    Exit code 0: promoted (or a clean dry run). 3: a gate refused, nothing was written.
    1: an error, nothing was written.
    """
    settings = settings_of(
        database,
        remote,
        wrangler_dir,
        env,
        config,
        persist_to,
        home,
        default_region=default_region,
        max_people_per_identifier=max_people_per_identifier,
        max_customer_drift=max_customer_drift,
        busy_timeout_seconds=busy_timeout_seconds,
        max_lock_seconds=max_lock_seconds,
    )
    run_and_show(
        settings,
        dry_run=dry_run or sql is not None,
        sql=sql,
        as_json=as_json,
        tenants=tenants or (),
        even_if_unchanged=even_if_unchanged or sql is not None,
        report_to=report,
        force=force,
    )


def run_and_show(
    settings: Settings,
    *,
    dry_run: bool,
    as_json: bool,
    tenants: Sequence[str] = (),
    even_if_unchanged: bool = False,
    sql: Path | None = None,
    report_to: Path | None = None,
    force: bool = False,
) -> None:
    """Migrate with progress on stderr, show the outcome, and exit as the design says.

    A run that goes through is drawn to the HTML file `report_to`, if one is given.
    """
    require_readable(settings, tenants)
    live = database_of(settings).file
    for target in filter(None, (report_to, sql)):
        require_output(target, live, settings.home_directory, force=force)
    if report_to is not None and not report_to.absolute().parent.is_dir():
        raise CoccinelleError(
            f"the report cannot be written to {report_to}: make its directory first; "
            "nothing was run"
        )
    # Dagster takes a second to import: a wrong path should not wait for it.
    from coccinelle_assets.cli import terminal
    from coccinelle_assets.local_runs.run_job import run_migration, run_migration_by_ranges
    from coccinelle_assets.warehouse.summary import summarize

    ranges = []
    with terminal.steps() as progress:
        if settings.max_lock_seconds is None or dry_run or tenants:
            outcome = run_migration(
                settings,
                dry_run=dry_run,
                tenants=tenants,
                even_if_unchanged=even_if_unchanged,
                sql=sql,
                force=force,
                report=progress,
            )
        else:
            for taken, outcome in run_migration_by_ranges(
                settings, even_if_unchanged=even_if_unchanged, report=progress
            ):
                ranges.append(terminal.range_as_dict(taken, outcome))
    summary = None
    if outcome.is_done:
        with read_warehouse(settings) as connection:
            summary = summarize(connection)
            if report_to is not None:
                _write_report(connection, settings, outcome, report_to, dry_run=dry_run)
    elif report_to is not None:
        terminal.complain(f"No report was written to {report_to}: the run was held.")
    if as_json:
        shown = terminal.outcome_as_dict(outcome, summary, dry_run=dry_run)
        print_json(shown | ({"ranges": ranges} if len(ranges) > 1 else {}))
    else:
        terminal.show_ranges(ranges)
        terminal.show_outcome(outcome, summary, dry_run=dry_run)
    if not outcome.is_done:
        raise typer.Exit(EXIT_CODES[outcome.status])


def _write_report(
    connection: DuckDBPyConnection,
    settings: Settings,
    outcome: RunOutcome,
    path: Path,
    *,
    dry_run: bool,
) -> None:
    from coccinelle_assets.report.gather import gather, report_of, reported_run
    from coccinelle_assets.report.keep import write_report

    run = reported_run(outcome.run_id, settings.database, dry_run, outcome.reported)
    write_report(report_of(run, gather(connection)), path)
    outcome.reported["report"] = str(path)


def require_readable(settings: Settings, tenants: Sequence[str]) -> None:
    """Refuse a database that cannot be migrated before anything is made beside it."""
    from coccinelle_assets.live.sqlite.schema import require_sources
    from coccinelle_assets.live.tenant_scope import require_tenants

    database = database_of(settings)
    schema = database.schema()
    require_sources(schema, database.name)
    # Of D1 the snapshot's rows tell, before anything else is done with them.
    if tenants and database.file is not None:
        with database.read() as live:
            require_tenants(live, schema, tenants)


@app.command()
@with_clear_errors
def demo(
    rows: Annotated[int, typer.Option(min=20, help="About how many source records.")] = 5_000,
    directory: Annotated[Path, typer.Option(help="Where the demo database goes.")] = Path("demo"),
) -> None:
    """Write a realistic demo database, migrate it, verify it, and say where to look next."""
    from coccinelle_assets.cli import terminal
    from coccinelle_assets.cli.inspect import verify
    from coccinelle_assets.demo import write_demo_database

    database = directory / "coccinelle.db"
    if database.exists():
        terminal.say(f"Using the demo database that is there: {database}")
    else:
        write_demo_database(database, rows)
        terminal.say(f"Wrote a demo database: {database}")
    run_and_show(load_settings(database=database), dry_run=False, as_json=False)
    verify(database)
    home = load_settings(database=database).dagster_home
    terminal.say("\nOpen the lineage in the Dagster UI (make ui does the same for ./demo):")
    terminal.say(
        f"  DAGSTER_HOME={shlex.quote(str(home))}"
        f" COCCINELLE_DATABASE={shlex.quote(str(database.absolute()))}"
        " dagster dev -w workspace.yaml"
    )
