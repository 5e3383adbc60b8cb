"""What every command shares: the application, its arguments, its errors and its JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.settings import Settings

EXIT_ERROR = 1
EXIT_REFUSED = 3
# Of a run that did not go through, by its status.
EXIT_CODES = {"error": EXIT_ERROR, "refused": EXIT_REFUSED}

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="One verified customers table: resolve, check, promote, verify, explain.",
)
Database = Annotated[
    Path, typer.Argument(help="The application's database: a SQLite file, or d1:NAME.")
]
Remote = Annotated[
    bool | None,
    typer.Option("--remote/--local", help="For d1:NAME: at Cloudflare, or wrangler's local one."),
]
WranglerDir = Annotated[
    Path | None, typer.Option(help="For d1:NAME: the folder that holds wrangler.toml.")
]
Home = Annotated[Path | None, typer.Option(help="Where warehouse, backups and run history live.")]
Show = Annotated[bool, typer.Option("--show", help="Print e-mails, phones and names in full.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


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
            from coccinelle_assets.cli.shown import shown_lines
            from coccinelle_assets.cli.terminal import errors

            errors.print(f"[red]Error:[/] {shown_lines(str(error))}", highlight=False)
            raise typer.Exit(EXIT_ERROR) from None

    return run


def print_json(value: Any) -> None:
    """One JSON object on stdout."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    # JSON itself escapes only some of what may steer a terminal (cli/shown.py).
    sys.stdout.writelines(
        character if character.isprintable() or character == "\n" else json.dumps(character)[1:-1]
        for character in f"{text}\n"
    )


def require_own_home(settings: Settings) -> None:
    """Have what is kept be this database's, or raise CoccinelleError."""
    from coccinelle_assets.cli.terminal import complain
    from coccinelle_assets.live.home_owner import require_home_to_read
    from coccinelle_assets.live.open_database import database_of

    require_home_to_read(
        settings.home_directory, settings.location.spelling, database_of(settings), complain
    )


@contextmanager
def read_warehouse(settings: Settings) -> Iterator[Any]:
    """A read-only connection to the warehouse of the last run."""
    from coccinelle_assets.warehouse.file import WAREHOUSE, open_warehouse

    path = settings.home_directory / WAREHOUSE
    with open_warehouse(path, settings.busy_timeout_seconds, read_only=True) as connection:
        yield connection
