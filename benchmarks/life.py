"""The life of one database, run by run, each measured as a whole process."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.measure import measure
from benchmarks.run import LIVE, REPOSITORY, WORK, commands_environment, flush
from benchmarks.shapes import SHAPES, run_script

RUNS = {
    "dry_run": "`migrate --dry-run`, before anything is promoted",
    "wave": "`migrate --tenant`, the first of one tenant",
    "first": "`migrate`, the first",
    "unchanged": "`migrate` again, nothing changed",
    "explain": "`explain` of an appointment",
    "verify": "`verify`",
    "changed": "`migrate` after 1 % changed",
    "to_previous": "`rollback --to-previous` of that",
    "rollback": "`rollback`",
    "merged": "`migrate` after prospects tied every customer to another",
    "triggers": "`triggers`",
    "contract": "`contract --anonymous --yes`",
    "contracted": "`migrate --even-if-unchanged` after it",
}
# Of a shape's own making: what is measured is how long a run takes, not whether it looks likely.
ANY_DRIFT = {"COCCINELLE_MAX_CUSTOMER_DRIFT": "1000"}


class Life:
    """One database of a shape from its first run on; `outcomes` has one entry per run.

    An outcome is a Measurement's fields, or the `error` that the run ended with.
    """

    def __init__(self, shape: str, rows: int, bound_seconds: float) -> None:
        self.shape = shape
        self.rows = rows
        self.bound_seconds = bound_seconds
        self.source = WORK / f"shape-{shape}-{rows}.db"
        self.directory = WORK / f"life-{shape}-{rows}"
        self.live = self.directory / LIVE
        self.home = self.directory / "home"
        self.outcomes: dict[str, dict[str, Any]] = {}
        if not self.source.is_file():
            WORK.mkdir(exist_ok=True)
            self._process([sys.executable, "-m", "benchmarks.shapes", shape, self.source, rows])

    def lead(self, wanted: Iterable[str]) -> None:
        """Go through the wanted runs, in the order of RUNS, and what they need beforehand."""
        self._begin_anew()
        self._measure(wanted, "dry_run", "migrate", "--dry-run")
        self._begin_anew()
        # Where one tenant holds all, its wave is the first run.
        if SHAPES[self.shape].tenants(self.rows) > 1:
            self._measure(wanted, "wave", "migrate", "--tenant", "tenant_001")
            self._begin_anew()
        self._measure(RUNS, "first", "migrate")
        if "error" in self.outcomes["first"]:
            return
        kept = self.directory.with_name(f"{self.directory.name}-kept")
        self._copy(self.directory, kept)
        self._measure(wanted, "unchanged", "migrate")
        self._measure(wanted, "explain", "explain", self._question())
        self._measure(wanted, "verify", "verify")
        if {"changed", "to_previous", "rollback"} & set(wanted):
            self._change("one_percent")
            self._measure(RUNS, "changed", "migrate")
            self._measure(wanted, "to_previous", "rollback", "--to-previous")
            self._measure(wanted, "rollback", "rollback")
        if "merged" in wanted:
            self._copy(kept, self.directory)
            self._change("merged")
            self._measure(wanted, "merged", "migrate")
        if {"triggers", "contract", "contracted"} & set(wanted):
            self._copy(kept, self.directory)
            self._measure(wanted, "triggers", "triggers")
            self._measure(RUNS, "contract", "contract", "--anonymous", "--yes")
            self._measure(wanted, "contracted", "migrate", "--even-if-unchanged")
        shutil.rmtree(kept)
        shutil.rmtree(self.directory)

    def _begin_anew(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir()
        shutil.copyfile(self.source, self.live)

    def _copy(self, source: Path, target: Path) -> None:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)

    def _change(self, name: str) -> None:
        run_script(self.live, f"sql/changes/{name}.sql", self.rows)

    def _question(self) -> str:
        with closing(sqlite3.connect(self.live)) as connection:
            [record] = connection.execute(
                "SELECT id FROM appointments ORDER BY customer_id IS NULL, rowid % 7 LIMIT 1"
            ).fetchone()
        return f"appointments:{record}"

    def _measure(self, wanted: Iterable[str], run: str, command: str, *options: str) -> None:
        if run not in wanted:
            return
        flush()
        try:
            self.outcomes[run] = self._process(
                [Path(sys.executable).with_name("coccinelle"), command, self.live, *options]
            )
        except RuntimeError as error:
            self.outcomes[run] = {"error": str(error).strip()[-2000:]}

    def _process(self, command: Sequence[object]) -> dict[str, Any]:
        taken = measure(
            [str(part) for part in command],
            directory=REPOSITORY,
            environment=commands_environment() | ANY_DRIFT | {"COCCINELLE_HOME": str(self.home)},
            bound_seconds=self.bound_seconds,
        )
        if not taken.finished:
            return {"error": f"stopped after {self.bound_seconds:g} s"}
        return asdict(taken)
