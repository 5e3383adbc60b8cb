"""Files that each run leaves in the home under the moment and a label: the newest are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path


def kept_path(directory: Path, label: str, suffix: str) -> Path:
    """The path of a new file, whose directory is made; paths sort by age."""
    directory.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    return directory / f"{stamp}-{label}{suffix}"


def kept_files(directory: Path, suffix: str) -> list[Path]:
    """The files that are kept in a directory, newest first."""
    return sorted(directory.glob(f"*{suffix}"), reverse=True)


def remove_older(directory: Path, suffix: str, kept: int) -> None:
    """Remove all but the newest `kept` files."""
    for path in kept_files(directory, suffix)[kept:]:
        path.unlink()
