"""What every command shares: the application, its arguments, its errors and its JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from signal import SIGINT
from typing import Annotated, Any

import typer

from coccinelle_assets import standing
from coccinelle_assets.errors import CoccinelleError, said_plainly
from coccinelle_assets.settings import Settings, load_settings
from coccinelle_assets.stopping import stopped_by

EXIT_ERROR = 1
EXIT_REFUSED = 3
EXIT_AFTERWARDS = 4
# Of a run that did not go through, by its status.
EXIT_CODES = {
    "error": EXIT_ERROR,
    "refused": EXIT_REFUSED,
    "done_with_errors": EXIT_AFTERWARDS,
}
# As a shell has it for a process that a signal ended.
EXIT_SIGNAL = 128

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
Environment = Annotated[
    str | None, typer.Option("--env", help="For d1:NAME: the environment of wrangler.toml.")
]
Config = Annotated[
    Path | None, typer.Option(help="For d1:NAME: wrangler's configuration, of another name.")
]
PersistTo = Annotated[
    Path | None, typer.Option(help="For d1:NAME: where wrangler keeps local databases.")
]
Home = Annotated[Path | None, typer.Option(help="Where warehouse, backups and run history live.")]
Show = Annotated[bool, typer.Option("--show", help="Print e-mails, phones and names in full.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def settings_of(
    database: Path,
    remote: bool | None,
    wrangler_dir: Path | None,
    env: str | None,
    config: Path | None,
    persist_to: Path | None,
    home: Path | None,
    **others: Any,
) -> Settings:
    """The settings of a command: its options, and the environment where there is none."""
    return load_settings(
        database=database,
        d1_remote=remote,
        wrangler_dir=wrangler_dir,
        d1_env=env,
        d1_config=config,
        d1_persist_to=persist_to,
        home=home,
        **others,
    )


def with_clear_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Errors of the user's input and of the system: one message on stderr, no traceback.

    Exit code 1; 4 where a change was made before; the shell's own for a signal.
    """

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        standing.begin_anew()
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except BaseException as error:
            message, code = _told(error)
            if kwargs.get("as_json", False):
                with suppress(OSError):
                    print_json({"error": message})
            from coccinelle_assets.cli.shown import shown_lines
            from coccinelle_assets.cli.terminal import errors

            errors.print(f"[red]Error:[/] {shown_lines(message)}", highlight=False)
            _let_go_of_stdout()
            raise typer.Exit(code) from None

    return run


def _told(error: BaseException) -> tuple[str, int]:
    """The message of an error and its exit code; raises what nobody foresaw again."""
    if isinstance(error, KeyboardInterrupt) or "Interrupted" in type(error).__name__:
        signal = stopped_by() or SIGINT
        return f"stopped by {signal.name}: {standing.sentence()}", EXIT_SIGNAL + signal
    message = str(error) if isinstance(error, CoccinelleError) else said_plainly(error)
    if message is None or not isinstance(error, Exception):
        raise error
    if standing.has_changed():
        return standing.afterwards(message), EXIT_AFTERWARDS
    if isinstance(error, CoccinelleError):
        return message, EXIT_ERROR
    return f"{message}; {standing.sentence()}", EXIT_ERROR


def _let_go_of_stdout() -> None:
    """Have the interpreter's last flush succeed where nobody reads any more."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
        settings.home_directory, settings.location.identity, database_of(settings), complain
    )


@contextmanager
def read_warehouse(settings: Settings) -> Iterator[Any]:
    """A read-only connection to the warehouse of the last run."""
    from coccinelle_assets.warehouse.file import WAREHOUSE, open_warehouse

    path = settings.home_directory / WAREHOUSE
    with open_warehouse(path, settings.busy_timeout_seconds, read_only=True) as connection:
        yield connection
