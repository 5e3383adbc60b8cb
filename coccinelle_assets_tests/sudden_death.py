"""Starting a change of a live database in a process of its own, and killing it."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path


def start_change(kind: str, database: Path, *arguments: object) -> subprocess.Popen[str]:
    """A process that is about to begin its transaction."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "coccinelle_assets_tests.change_in_subprocess",
            *map(str, (kind, database, *arguments)),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def wait_until(happened: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Return as soon as something happened, or the process ended."""
    while not happened() and process.poll() is None:
        time.sleep(0.001)


def is_written(database: Path, before_ns: int) -> bool:
    """Whether the file itself changed since a moment, in nanoseconds."""
    return database.stat().st_mtime_ns != before_ns


def journal(database: Path) -> Path:
    return database.with_name(database.name + "-journal")


def is_hot(database: Path) -> bool:
    """Whether a killed process left a journal that has to be rolled back."""
    return journal(database).exists() and journal(database).stat().st_size > 512


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def scalar(database: Path, query: str) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchone()[0]


def tally(fault: str, seen: Mapping[str, int]) -> dict[str, str]:
    """A line of docs/reliability.md: what was done, and what was seen how often."""
    fault = fault.replace("publish", "promotion").replace("contract", "contraction")
    return {"fault": fault, "seen": ", ".join(f"{name}: {count:,}" for name, count in seen.items())}
