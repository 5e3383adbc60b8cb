"""The home: one run at a time uses it, from its first step to its last."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
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
# Permissions of a directory that the home's owner alone may use, and those that others have not.
OWNERS_DIRECTORY, OTHERS = 0o700, 0o077
DAGSTER = "dagster"
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

    What a killed run left there is removed first; files made in the block are their owner's alone.
    `tell` hears for whom is waited. Raises CoccinelleError, which names them, after the timeout,
    and where a file of the home is a link.
    """
    home.mkdir(mode=OWNERS_DIRECTORY, parents=True, exist_ok=True)
    files = list(_files(home))
    _require_no_links(files)
    lock = filelock.FileLock(
        home.resolve() / LOCK, mode=0o600, is_singleton=True, fallback_to_soft=False
    )
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
    # Of the whole process: they hold personal details, and the run may make them in any thread.
    umask = os.umask(OTHERS)
    try:
        if lock.lock_counter == 1:
            _remove_leftovers(home)
            _take_from_others(files)
        _write_holder(home, run)
        yield
    finally:
        os.umask(umask)
        lock.release()


def _files(home: Path) -> Iterator[Path]:
    """What the home holds but Dagster's own, which are many; directories that are links, too."""
    for directory, names, files in os.walk(home):
        if Path(directory) == home and DAGSTER in names:
            names.remove(DAGSTER)
        yield from (Path(directory, name) for name in (*names, *files))


def _require_no_links(files: Iterable[Path]) -> None:
    for path in files:
        if path.is_symlink() and not path.is_dir():
            raise CoccinelleError(
                f"{path} is a symbolic link, and what it leads to would be written over: remove "
                "the link; nothing was written"
            )


def _take_from_others(files: Iterable[Path]) -> None:
    """Versions before made files that others could read."""
    for path in files:
        with suppress(OSError):
            mode = path.lstat().st_mode
            if mode & OTHERS and not path.is_symlink():
                path.chmod(mode & ~OTHERS)


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
