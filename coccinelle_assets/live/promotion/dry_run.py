"""Trying a change on a copy that is thrown away, and writing it down as SQL to apply by hand."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from coccinelle_assets.live.changeset.script import write_script
from coccinelle_assets.live.database import Database
from coccinelle_assets.live.sqlite.connection import open_live

T = TypeVar("T")


def dry_run(
    database: Database,
    copy: Path,
    work: Callable[[sqlite3.Connection], T],
    script: Path | None = None,
    plan: Path | None = None,
) -> T:
    """Run `work` on a copy of the database at `copy`, which is removed afterwards.

    What it changed, applying `plan`, is written to `script`, when given, as one SQL file.
    """
    before = copy.with_suffix(".before.sqlite")
    database.snapshot(copy, again=plan is None)
    try:
        if script is not None:
            shutil.copyfile(copy, before)
        with open_live(copy, 0, writable=True) as connection:
            result = work(connection)
        if script is not None:
            write_script(before, copy, script, name="promotion", plan=plan)
        return result
    finally:
        copy.unlink(missing_ok=True)
        before.unlink(missing_ok=True)
