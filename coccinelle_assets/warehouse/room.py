"""What a run needs of the disk and of memory, told before it starts instead of after minutes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from coccinelle_assets.errors import CoccinelleError

# Measured: snapshot, warehouse, what spills from it and the plan take 4 to 6 times the database
# (benchmarks/README.md). Beside the database lies the journal of its transaction.
HOME_FACTOR = 6
JOURNAL_FACTOR = 1
# A process without its engine: Python, Dagster, the search for components, SQLite's caches.
PROCESS_BYTES = 300_000_000
# Of the smallest database: Dagster's files of a run, and an empty warehouse.
HOME_BYTES = 15_000_000
# Below this a run needs so little memory that nobody has to be asked.
SMALL_DATABASE = 50_000_000


def require_room(database: Path, home: Path, memory_limit_mb: int) -> None:
    """Refuse a run for which the disk has no room, or the machine no memory.

    What the home holds already is written over, so it counts as room.
    Raises CoccinelleError that says how much is needed, how much there is, and what to do.
    """
    size = database.stat().st_size
    held = sum(file.stat().st_size for file in home.glob("*") if file.is_file())
    needed = max(HOME_BYTES, HOME_FACTOR * size) - held
    _require(home, needed, f"for the home {home}: set COCCINELLE_HOME elsewhere")
    if size < SMALL_DATABASE:
        return
    _require(database.parent, JOURNAL_FACTOR * size, f"beside {database}: make room on that disk")
    needed = memory_limit_mb * 1_000_000 + PROCESS_BYTES
    memory = _physical_memory()
    if memory is not None and memory < needed:
        raise CoccinelleError(
            f"a run of {database} ({_size(size)}) needs {_size(needed)} of memory and "
            f"the machine has {_size(memory)}: set COCCINELLE_MEMORY_LIMIT_MB lower, so "
            "that it uses the disk instead, or take a larger machine; nothing was written"
        )


def _require(directory: Path, needed: int, where: str) -> None:
    free = shutil.disk_usage(_existing(directory)).free
    if free < needed:
        raise CoccinelleError(
            f"a run needs {_size(needed)} of disk and has {_size(free)} {where}; "
            "nothing was written"
        )


def _existing(directory: Path) -> Path:
    return next(path for path in (directory, *directory.parents) if path.exists())


def _physical_memory() -> int | None:
    """Bytes of memory that the machine has; None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 100_000_000 else f"{size / 1e6:.0f} MB"
