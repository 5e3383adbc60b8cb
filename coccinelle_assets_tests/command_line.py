"""The command line as a user starts it: a process of its own, or the same in this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from coccinelle_assets.cli import app


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The one JSON value that is all of stdout."""
        return json.loads(self.stdout)


def environment(**variables: str) -> dict[str, str]:
    """The environment of a command: wide lines, and the variables given."""
    return {**os.environ, "COLUMNS": "300", "DAGSTER_DISABLE_TELEMETRY": "yes", **variables}


def coccinelle(
    *arguments: object,
    before: Callable[[], None] | None = None,
    timeout: float = 120,
    **variables: str,
) -> Done:
    """Run the command line; `before` is called in its process, `variables` are its environment."""
    done = subprocess.run(
        [sys.executable, "-m", "coccinelle_assets.cli", *map(str, arguments)],
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        preexec_fn=before,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def coccinelle_here(*arguments: object, **variables: str) -> Done:
    """Run the command line in this process, which saves starting another one."""
    result = CliRunner().invoke(app, [*map(str, arguments)], env=environment(**variables))
    return Done(result.exit_code, result.stdout, result.stderr)
