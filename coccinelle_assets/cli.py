"""The command line: a thin face on the Dagster job and on the live database's verification."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.settings import Settings, load_settings

EXIT_ERROR = 1
EXIT_REFUSED = 3

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="One verified customers table: resolve, check, promote, verify, explain.",
)
Database = Annotated[Path, typer.Argument(help="The application's SQLite database.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def main() -> None:
    """Run the command line."""
    app()


def with_clear_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Errors of the user's input: one message on stderr and exit code 1, no traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except CoccinelleError as error:
            as_json = kwargs.get("as_json", False)
            if as_json:
                print_json({"error": str(error)})
            from coccinelle_assets.terminal import errors

            errors.print(f"[red]Error:[/] {error}", highlight=False, markup=True)
            raise typer.Exit(EXIT_ERROR) from None

    return run


def print_json(value: Any) -> None:
    """One JSON object on stdout."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")


@app.command()
@with_clear_errors
def migrate(
    database: Database,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change; write nothing to it.")
    ] = False,
    as_json: AsJson = False,
    home: Annotated[
        Path | None, typer.Option(help="Where warehouse, backups and run history live.")
    ] = None,
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
) -> None:
    """Resolve the customers of DATABASE and promote them when every check holds.

    Exit code 0: promoted (or a clean dry run). 3: a gate refused, nothing was written.
    1: an error, nothing was written.
    """
    settings = load_settings(
        database=database,
        home=home,
        default_region=default_region,
        max_people_per_identifier=max_people_per_identifier,
        max_customer_drift=max_customer_drift,
        busy_timeout_seconds=busy_timeout_seconds,
    )
    run_and_show(settings, dry_run=dry_run, as_json=as_json)


def run_and_show(settings: Settings, *, dry_run: bool, as_json: bool) -> None:
    """Migrate with progress on stderr, show the outcome, and exit as the design says."""
    require_readable(settings)
    # Dagster takes a second to import: a wrong path should not wait for it.
    from coccinelle_assets import terminal
    from coccinelle_assets.live.summary import summarize
    from coccinelle_assets.runs import run_migration, step_count

    with terminal.steps(step_count(settings)) as report:
        outcome = run_migration(settings, dry_run=dry_run, report=report)
    summary = None
    if outcome.promoted:
        with read_warehouse(settings) as connection:
            summary = summarize(connection)
    if as_json:
        print_json(terminal.outcome_as_dict(outcome, summary, dry_run=dry_run))
    else:
        terminal.show_outcome(outcome, summary, dry_run=dry_run)
    if outcome.refused:
        raise typer.Exit(EXIT_REFUSED)
    if not outcome.promoted:
        raise typer.Exit(EXIT_ERROR)


def require_readable(settings: Settings) -> None:
    """Refuse a database that cannot be migrated before anything is made beside it."""
    from coccinelle_assets.live.connect import open_live
    from coccinelle_assets.live.schema import read_schema, require_sources

    with open_live(settings.database, settings.busy_timeout_seconds) as live:
        require_sources(read_schema(live), str(settings.database))


@app.command()
@with_clear_errors
def verify(database: Database, as_json: AsJson = False) -> None:
    """Run the migration plan's verification on DATABASE; nothing is written.

    Exit code 3 when a check fails.
    """
    from coccinelle_assets import terminal
    from coccinelle_assets.live.connect import open_live
    from coccinelle_assets.live.verify import verify as verify_live

    settings = load_settings(database=database)
    with open_live(database, settings.busy_timeout_seconds) as live:
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
    as_json: AsJson = False,
) -> None:
    """Show the records of a customer and the chain of identifiers that ties them."""
    from coccinelle_assets import terminal
    from coccinelle_assets.live.connect import open_live
    from coccinelle_assets.live.merges import surviving_id
    from coccinelle_assets.resolution.explain import explain as explain_customer

    settings = load_settings(database=database)
    with open_live(database, settings.busy_timeout_seconds) as live:
        survivor = surviving_id(live, customer_id)
    with read_warehouse(settings) as connection:
        explanation = explain_customer(connection, survivor)
    if as_json:
        print_json({"asked_for": customer_id, **explanation.as_dict()})
    else:
        terminal.show_explanation(customer_id, explanation)


@contextmanager
def read_warehouse(settings: Settings) -> Iterator[Any]:
    """A read-only connection to the warehouse of the last run."""
    from coccinelle_assets.definitions import build_resources

    with build_resources(settings)["warehouse"].read() as connection:
        yield connection


@app.command()
@with_clear_errors
def demo(
    rows: Annotated[int, typer.Option(min=20, help="About how many source records.")] = 5_000,
    directory: Annotated[Path, typer.Option(help="Where the demo database goes.")] = Path("demo"),
) -> None:
    """Write a realistic demo database, migrate it, verify it, and say where to look next."""
    from coccinelle_assets import terminal
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


if __name__ == "__main__":
    main()
