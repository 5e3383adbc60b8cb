"""The command line: a thin face on the Dagster jobs and on the live database's verification."""

import gc
import os
import sys

from coccinelle_assets.cli import alerts, change, inspect, migrate, serve
from coccinelle_assets.cli.base import app
from coccinelle_assets.stopping import listen

__all__ = ["alerts", "app", "change", "inspect", "main", "migrate", "serve"]


def main() -> None:
    """Run the command line."""
    # A command is a short process that makes few cycles: looking for them at Python's own pace
    # takes a tenth of a small migration, most of it while Dagster is imported.
    gc.set_threshold(100_000)
    _open_standard_streams()
    listen()
    try:
        app()
    finally:
        # Nor is there any use in the interpreter's last look, which goes through all of Dagster.
        gc.freeze()


def _open_standard_streams() -> None:
    """Where one was closed, no other file takes its place, and what is said to it is lost."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
