"""Files of the home: written whole or not at all, and of those kept by the moment, the newest."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

STAMP = "%Y%m%dT%H%M%S%fZ"
STAMPED = re.compile(r"\d{8}T\d{12}Z-")
SQLITE_MAGIC = b"SQLite format 3\x00"


@contextmanager
def whole_file(target: Path, *, durable: bool = False) -> Iterator[Path]:
    """A path to write to in the block; then the file is at `target`, or nothing is when it raised.

    A durable file is on the disk, not only in the system's cache.
    """
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    try:
        yield partial
        if durable:
            settle(partial)
        partial.replace(target)
    except BaseException:
        # Half a file would only fill the disk.
        partial.unlink(missing_ok=True)
        raise


def write_whole(target: Path, text: str, *, durable: bool = False) -> None:
    """Write a text file that appears whole or not at all."""
    with whole_file(target, durable=durable) as partial:
        partial.write_text(text, encoding="utf-8")


def is_sqlite(path: Path) -> bool:
    """Whether it is the file of a SQLite database; False where it cannot be read."""
    return begins_with(path, SQLITE_MAGIC)


def begins_with(path: Path, magic: bytes, offset: int = 0) -> bool:
    """Whether a file has these bytes at its start; False where it is none or cannot be read."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return file.read(offset + len(magic))[offset:] == magic
    except OSError:
        return False


def settle(path: Path) -> None:
    """Have a file on the disk, not only in the system's cache; raises OSError."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def stamp() -> str:
    """This moment (UTC) as names have it; they sort by age."""
    return datetime.now(UTC).strftime(STAMP)


def kept_path(directory: Path, label: str, suffix: str) -> Path:
    """The path of a new file, whose directory is made; paths sort by age.

    A clock that was set back makes no file older than those that are there.
    """
    directory.mkdir(parents=True, exist_ok=True)
    moment = datetime.now(UTC)
    for newest in kept_files(directory, suffix)[:1]:
        with suppress(ValueError, OverflowError):
            there = datetime.strptime(newest.name.partition("-")[0], STAMP).replace(tzinfo=UTC)
            moment = max(moment, there + timedelta(microseconds=1))
    return directory / f"{moment.strftime(STAMP)}-{label}{suffix}"


def kept_files(directory: Path, suffix: str) -> list[Path]:
    """The files that are kept in a directory, newest first; others there are somebody else's."""
    paths = (path for path in directory.glob(f"*{suffix}") if STAMPED.match(path.name))
    return sorted(paths, reverse=True)


def remove_older(directory: Path, suffix: str, kept: int, new: Path) -> None:
    """Remove all but `kept` files: `new`, which was just made, and the newest of the others."""
    others = [path for path in kept_files(directory, suffix) if path != new]
    for path in others[max(kept - 1, 0) :]:
        path.unlink()
