"""How fast a migration is, beside the least work it could do and the plan's plain SQL.

    python -m benchmarks.run [--sizes N ...] [--repeats N] [--tenants N] [--write-readme]

Whole processes are measured, the start of Python and the import of Dagster included. Copies of
databases are made, and are on the disk, before the clock starts. Writes results.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from benchmarks.measure import Measurement, measure
from benchmarks.readme import write_section
from benchmarks.report import Trial, render

REPOSITORY = Path(__file__).resolve().parents[1]
WORK = Path(__file__).with_name("work")
RESULTS = Path(__file__).with_name("results.json")
SIZES = (200, 20_000, 100_000, 1_000_000)
# The live copy is where benchmarks/floor.py looks for it.
LIVE = "live.db"


class Bench:
    """One size: its demo database, its known result, and the contestants."""

    def __init__(self, rows: int, tenants: int, plain_bound_seconds: float) -> None:
        self.rows = rows
        self.plain_bound_seconds = plain_bound_seconds
        self.coccinelle = Path(sys.executable).with_name("coccinelle")
        if not self.coccinelle.is_file():
            raise SystemExit(f"{self.coccinelle} is missing: install the project first (make test)")
        self.environment = commands_environment()
        self.demo = WORK / f"demo-{rows}-{tenants}-{_generator_fingerprint()}.db"
        self.known = WORK / f"known-{rows}-{tenants}.db"

    def prepare(self) -> None:
        """Write the demo database, unless it is there, and the result of migrating it."""
        WORK.mkdir(exist_ok=True)
        if not self.demo.is_file():
            tenants = self.demo.name.split("-")[2]
            self._run_module("prepare", "demo", str(self.demo), str(self.rows), tenants)
        live = self.fresh_copy("known")
        self.migrate(live)
        self._run_module("prepare", "known", str(live), str(self.known))
        shutil.rmtree(live.parent)

    def trial(self, number: int) -> Trial:
        """Measure every contestant once, in turn; every other trial goes the other way round."""
        contestants: list[Callable[[], Trial]] = [
            self._import,
            self._migrations,
            self._floor,
            self._plain_sql,
        ]
        if number % 2:
            contestants.reverse()
        outcome: Trial = {}
        for contestant in contestants:
            outcome |= contestant()
        return outcome

    def _import(self) -> Trial:
        return {"import": asdict(self._run("-c", "import dagster"))}

    def _migrations(self) -> Trial:
        live = self.fresh_copy("migrate")
        first = self.migrate(live)
        locked = self._lock_seconds(live.with_name("home"))
        flush()
        second = self.migrate(live)
        shutil.rmtree(live.parent)
        return {
            "migrate": asdict(first) | {"lock_seconds": locked},
            "second_migrate": asdict(second),
        }

    def _floor(self) -> Trial:
        live = self.fresh_copy("floor")
        taken = self._run_module("floor", str(self.demo), str(self.known), str(live.parent))
        shutil.rmtree(live.parent)
        return {"floor": asdict(taken)}

    def _plain_sql(self) -> Trial:
        live = self.fresh_copy("plain_sql")
        taken = self._run_module("plain_sql", str(live), bound_seconds=self.plain_bound_seconds)
        shutil.rmtree(live.parent)
        return {"plain_sql": asdict(taken)}

    def fresh_copy(self, name: str) -> Path:
        """A copy of the demo database in a directory of its own, on the disk."""
        directory = WORK / f"{name}-{self.rows}"
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        live = directory / LIVE
        shutil.copyfile(self.demo, live)
        flush()
        return live

    def migrate(self, live: Path) -> Measurement:
        """Migrate a database as a whole process."""
        home = live.with_name("home")
        command = [str(self.coccinelle), "migrate", str(live), "--home", str(home), "--json"]
        return measure(command, directory=REPOSITORY, environment=self.environment)

    def _lock_seconds(self, home: Path) -> float:
        command = [sys.executable, "-m", "benchmarks.lock", str(home / "dagster")]
        done = subprocess.run(
            command,
            cwd=REPOSITORY,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return float(done.stdout)

    def _run_module(
        self, name: str, *arguments: str, bound_seconds: float | None = None
    ) -> Measurement:
        return self._run("-m", f"benchmarks.{name}", *arguments, bound_seconds=bound_seconds)

    def _run(self, *arguments: str, bound_seconds: float | None = None) -> Measurement:
        return measure(
            [sys.executable, *arguments],
            directory=REPOSITORY,
            environment=self.environment,
            bound_seconds=bound_seconds,
        )


def _generator_fingerprint() -> str:
    """Of the code that writes demo databases: another code, another database."""
    demo = REPOSITORY / "coccinelle_assets" / "demo"
    texts = [(demo / name).read_bytes() for name in ("__init__.py", "schema.sql")]
    return sha256(b"".join(texts)).hexdigest()[:8]


def commands_environment() -> dict[str, str]:
    """This process's environment without the settings of the project or of Dagster."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COCCINELLE_", "DAGSTER_"))
    }


def flush() -> None:
    """Have everything on the disk: no write or removal is left to happen while a clock runs."""
    os.sync()


def machine() -> dict[str, object]:
    """The machine and the versions that a figure was measured with."""
    versions = {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version}
    versions |= {name: version(name) for name in ("dagster", "duckdb")}
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "versions": versions,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every size, print the tables and keep the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="source records")
    parser.add_argument("--repeats", type=int, default=3, help="trials of each size")
    parser.add_argument("--tenants", type=int, default=100)
    parser.add_argument(
        "--plain-bound", type=float, default=120, help="seconds after which plain SQL is stopped"
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures go")
    parser.add_argument("--write-readme", action="store_true", help="put the tables in README.md")
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = parser.parse_args(given)
    if options.repeats < 1 or min(options.sizes) < 20 or options.tenants < 1:
        parser.error("at least 1 repeat, 20 rows and 1 tenant")
    results: dict[str, object] = {
        "command": " ".join(["python -m benchmarks.run", *given]),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "repeats": options.repeats,
        "tenants": options.tenants,
    }
    sizes = []
    for rows in sorted(options.sizes):
        bench = Bench(rows, options.tenants, options.plain_bound)
        bench.prepare()
        trials = []
        for number in range(options.repeats):
            trials.append(bench.trial(number))
            print(json.dumps({"rows": rows, "trial": number + 1} | trials[-1]), file=sys.stderr)
        sizes.append({"rows": rows, "bound_seconds": options.plain_bound, "trials": trials})
    results["sizes"] = sizes
    options.results.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    text = render(results)
    print(text)
    if options.write_readme:
        write_section("results", text)


if __name__ == "__main__":
    main()
