"""What comes after a promotion: later runs, questions, the cost of triggers, a rollback.

    python -m benchmarks.after [--rows N] [--repeats N] [--inserts N] [--write-readme]

Works on the demo databases of benchmarks/run.py. Writes after.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.measure import measure
from benchmarks.readme import markdown_table, write_section
from benchmarks.run import REPOSITORY, Bench, flush, machine
from benchmarks.shapes import run_script
from coccinelle_assets.live.rollback.rollback import roll_back
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets.live.statistics.triggers import install_triggers

RESULTS = Path(__file__).with_name("after.json")
# Inserts alternate between the two databases in blocks, so that other load falls on both.
BLOCK = 50
AIMS = {"triggers": 1.5, "second_run": 0.25, "changed_run": 0.6, "rollback": 1.5, "explain": 1.0}
# What `coccinelle explain` imports before it looks anything up.
EXPLAIN_IMPORTS = (
    "import coccinelle_assets.cli, coccinelle_assets.cli.terminal, coccinelle_assets.live.merges,"
    " coccinelle_assets.resolution.explain, coccinelle_assets.resolution.questions"
)


class After(Bench):
    """One size, promoted once and measured from then on."""

    def measure(self, inserts: int) -> dict[str, float]:
        """Seconds of everything that is compared, from one database."""
        live = self.fresh_copy("after")
        seconds = {"first_run": self.migrate(live).seconds}
        flush()
        seconds["second_run"] = self.migrate(live).seconds
        seconds |= self._explanations(live)
        seconds |= self._inserts(live, inserts)
        seconds["rollback"] = self._rollback(live)
        run_script(live, "sql/changes/one_percent.sql", self.rows)
        flush()
        seconds["changed_run"] = self.migrate(live).seconds
        seconds["floor_write"] = self._floor_write()
        shutil.rmtree(live.parent)
        return seconds

    def _explanations(self, live: Path) -> dict[str, float]:
        """The slowest of the three kinds of questions, and the imports alone, beside each other."""
        with closing(sqlite3.connect(live)) as connection:
            customer, email = connection.execute(
                "SELECT id, email FROM customers WHERE email IS NOT NULL AND rowid > ? LIMIT 1",
                (self.rows // 10,),
            ).fetchone()
            [record] = connection.execute(
                "SELECT id FROM appointments WHERE customer_id IS NOT NULL LIMIT 1"
            ).fetchone()
        questions = (customer, email, f"appointments:{record}")
        environment = self.environment | {"COCCINELLE_HOME": str(live.with_name("home"))}
        asked = [
            measure(
                [str(self.coccinelle), "explain", str(live), question],
                directory=REPOSITORY,
                environment=environment,
            ).seconds
            for question in questions
        ]
        imports = [self._run("-c", EXPLAIN_IMPORTS).seconds for _ in questions]
        return {"explain": max(asked), "explain_imports": median(imports)}

    def _inserts(self, live: Path, inserts: int) -> dict[str, float]:
        """Single autocommitted INSERTs of linked appointments, without and with triggers."""
        taken = {}
        for mode in ("delete", "wal"):
            copies = {name: live.with_name(f"{name}-{mode}.db") for name in ("bare", "triggers")}
            for copy in copies.values():
                shutil.copyfile(live, copy)
                flush()
            with open_live(copies["triggers"], 30, writable=True) as connection:
                install_triggers(connection, str(copies["triggers"]))
            taken |= {f"{name}_{mode}": 0.0 for name in copies}
            for block in range(inserts // BLOCK):
                for name, copy in copies.items():
                    taken[f"{name}_{mode}"] += _insert_block(copy, mode, block)
            for copy in copies.values():
                copy.unlink()
        return taken

    def _rollback(self, live: Path) -> float:
        """The whole transaction of a full rollback, opening and closing included."""
        copy = live.with_name("rollback.db")
        shutil.copyfile(live, copy)
        flush()
        started = time.perf_counter()
        with open_live(copy, 30, writable=True) as connection:
            roll_back(connection, str(copy), live.parent)
        seconds = time.perf_counter() - started
        copy.unlink()
        return seconds

    def _floor_write(self) -> float:
        """The floor's own figure of its writing part."""
        live = self.fresh_copy("floor")
        command = [sys.executable, "-m", "benchmarks.floor", self.demo, self.known, live.parent]
        done = subprocess.run(
            list(map(str, command)),
            cwd=REPOSITORY,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        shutil.rmtree(live.parent)
        return json.loads(done.stdout)["write_seconds"]


def _insert_block(database: Path, mode: str, block: int) -> float:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}").fetchone()
        customers = connection.execute(
            "SELECT id, tenant_id FROM customers WHERE rowid % 97 = ? LIMIT ?", (block % 97, BLOCK)
        ).fetchall()
        started = time.perf_counter()
        for number, (customer, tenant) in enumerate(customers):
            connection.execute(
                "INSERT INTO appointments (id, tenant_id, customer_id, appointment_date)"
                " VALUES (?, ?, ?, '2026-01-01 10:00:00')",
                (f"bench-{block}-{number}", tenant, customer),
            )
        return time.perf_counter() - started


def ratios(trial: dict[str, float]) -> dict[str, float]:
    """The figures that have an aim, out of the seconds of one trial."""
    return {
        "triggers": trial["triggers_delete"] / trial["bare_delete"],
        "triggers_wal": trial["triggers_wal"] / trial["bare_wal"],
        "second_run": trial["second_run"] / trial["first_run"],
        "changed_run": trial["changed_run"] / trial["first_run"],
        "explain": trial["explain"] - trial["explain_imports"],
        "rollback": trial["rollback"] / trial["floor_write"],
    }


NAMES = {
    "triggers": "a single INSERT with triggers / without (rollback journal)",
    "triggers_wal": "the same in WAL mode",
    "second_run": "a second run of an unchanged database / the first",
    "changed_run": "a run after 1 % changed / the first",
    "explain": "seconds of `explain` over the import of what it needs",
    "rollback": "a full rollback / the floor's write part",
}


def render(results: dict[str, object], trials: Sequence[dict[str, float]]) -> str:
    """The table of ratios as Markdown: the median of the trials, and their range."""
    each = [ratios(trial) for trial in trials]
    rows = []
    for key, name in NAMES.items():
        values = [row[key] for row in each]
        aim = AIMS.get(key.removesuffix("_wal"))
        rows.append(
            (name, f"{median(values):.2f}", f"{min(values):.2f} to {max(values):.2f}", f"{aim:g}")
        )
    head = f"`{results['command']}`: {results['rows']:,} records, {len(trials)} trial(s)."
    table = markdown_table(("ratio", "median", "least to most", "aim, at most"), rows)
    return f"\n{head}\n\n{table}\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table and keep the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.after", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="source records")
    parser.add_argument("--tenants", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3, help="trials")
    parser.add_argument("--inserts", type=int, default=1_000, help="of each kind, in each mode")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures go")
    parser.add_argument("--write-readme", action="store_true", help="put the table in README.md")
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = parser.parse_args(given)
    if options.repeats < 1 or options.rows < 1_000 or options.inserts < BLOCK:
        parser.error(f"at least 1 repeat, 1,000 rows and {BLOCK} inserts")
    bench = After(options.rows, options.tenants, plain_bound_seconds=0)
    bench.prepare()
    trials = []
    for _ in range(options.repeats):
        trials.append(bench.measure(options.inserts))
        print(json.dumps(trials[-1]), file=sys.stderr)
    results: dict[str, object] = {
        "command": " ".join(["python -m benchmarks.after", *given]),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "rows": options.rows,
        "trials": [{name: round(value, 4) for name, value in trial.items()} for trial in trials],
    }
    options.results.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    text = render(results, trials)
    print(text)
    if options.write_readme:
        write_section("after", text)


if __name__ == "__main__":
    main()
