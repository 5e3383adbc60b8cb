"""The home: one run at a time uses it, from its first step to its last."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import filelock

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.files import write_whole

# The system lets go of it when its process ends, however that ends.
LOCK = "run.lock"
HOLDER = "running.json"
# What a run that was killed leaves behind: half of a file, a copy that was to be thrown away.
LEFTOVERS = (
    "*.partial",
    "dry_run*.sqlite*",
    "rehearsal*.sqlite*",
    "new_customers.sqlite*",
    "backups/*.partial",
    "reports/*.partial",
    "d1/*/*/*.partial",
    "d1/*/*/tmp*",
)
# A verification of D1 works in such a directory without holding the home.
ABANDONED_SECONDS = 24 * 3600


@contextmanager
def held_home(
    home: Path,
    run: str,
    timeout_seconds: float,
    tell: Callable[[str], None] = lambda text: None,
) -> Iterator[None]:
    """Hold a home in the block, as the run called `run`; a thread may hold it several times over.

    What a killed run left there is removed first.
    `tell` hears for whom is waited. Raises CoccinelleError, which names them, after the timeout.
    """
    home.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(home.resolve() / LOCK, is_singleton=True, fallback_to_soft=False)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        tell(f"Waiting for {_holder(home)} to end, which uses the home {home}.")
        try:
            lock.acquire(timeout=timeout_seconds)
        except filelock.Timeout:
            raise CoccinelleError(
                f"{_holder(home)} has used the home {home} for longer than {timeout_seconds:g} s: "
                "wait for it to end and run again, or raise COCCINELLE_BUSY_TIMEOUT_SECONDS; "
                "nothing was written"
            ) from None
    try:
        if lock.lock_counter == 1:
            _remove_leftovers(home)
        _write_holder(home, run)
        yield
    finally:
        lock.release()


def _remove_leftovers(home: Path) -> None:
    """They hold personal details, and nobody is to wait for the next one to fill the disk."""
    for pattern in LEFTOVERS:
        for path in home.glob(pattern):
            with suppress(OSError):
                if not path.is_dir() or path.is_symlink():
                    path.unlink()
                elif time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                    shutil.rmtree(path)


def _write_holder(home: Path, run: str) -> None:
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    # For messages only: a full disk is told by the run itself.
    with suppress(OSError):
        holder = {"run": run, "process": os.getpid(), "since": since}
        write_whole(home / HOLDER, json.dumps(holder))


def _holder(home: Path) -> str:
    """Who holds the home, for messages."""
    try:
        holder = json.loads((home / HOLDER).read_text(encoding="utf-8"))
        return f"{holder['run']} (process {holder['process']}, since {holder['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another run"
