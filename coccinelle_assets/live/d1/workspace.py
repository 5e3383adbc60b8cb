"""A folder of a command's own beside the mirror, which goes with it, also where it was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "work-"
# Between making a folder and locking it.
YOUNG_SECONDS = 60


@contextmanager
def workspace(directory: Path) -> Iterator[Path]:
    """A new folder in `directory`, removed afterwards; what killed commands left there goes first.

    They held copies of the database: nothing of it is to stay longer than it is needed.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for left in directory.glob(f"{PREFIX}*"):
        _remove_if_left(left)
    with tempfile.TemporaryDirectory(dir=directory, prefix=PREFIX) as name:
        # The system drops the lock with the process, however that ends.
        lock = os.open(name, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield Path(name)
        finally:
            os.close(lock)


def _remove_if_left(folder: Path) -> None:
    try:
        lock = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        if time.time() - os.fstat(lock).st_mtime > YOUNG_SECONDS:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        # Another command is at work in it.
        return
    finally:
        os.close(lock)
