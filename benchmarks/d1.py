"""Promotion to a local Cloudflare D1 against what wrangler itself takes for as many bytes.

`python -m benchmarks.d1 [--rows N]`, after `.ci/install-wrangler`. In one run: the time of
`wrangler d1 export` and of `wrangler d1 execute --file` with the very file that the promotion
sends, then of `coccinelle migrate d1:...` from its start to promoted. One JSON object on stdout.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from coccinelle_assets.demo import write_demo_database
from coccinelle_assets_tests.command_line import coccinelle
from coccinelle_assets_tests.d1.conftest import BINARIES, NAME, Project

LIMIT = 3.0


def timed(work: Callable[[], object]) -> float:
    """Wall time of one call, in seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(rows: int, directory: Path) -> dict[str, float | int]:
    """Seconds of each part, and the ratio of the promotion to wrangler's own export and file."""
    source = directory / "app.db"
    write_demo_database(source, rows)
    project = Project(directory / "project")
    project.load(source)
    state, kept = project.directory / ".wrangler", directory / "state"
    shutil.copytree(state, kept)
    options = (f"d1:{NAME}", "--local", "--wrangler-dir", project.directory, "--json")

    def migrate() -> None:
        done = coccinelle("migrate", *options, timeout=1800)
        assert done.returncode == 0, done.stderr

    promoted = timed(migrate)
    (plan,) = (project.database.directory / "plans").glob("*.sql")
    # The same bytes, on the database as it was.
    shutil.rmtree(state)
    kept.rename(state)
    wrangler = project.database.wrangler
    export = timed(lambda: wrangler.export(directory / "dump.sql"))
    execute = timed(lambda: wrangler.execute_file(plan))
    return {
        "rows": rows,
        "plan_bytes": plan.stat().st_size,
        "export_seconds": round(export, 2),
        "execute_seconds": round(execute, 2),
        "promoted_seconds": round(promoted, 2),
        "ratio": round(promoted / (export + execute), 2),
    }


def main() -> None:
    """Measure, print, and fail above LIMIT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        os.environ["PATH"] = os.pathsep.join([str(BINARIES), os.environ["PATH"]])
        os.environ["HOME"] = name
        found = measure(rows, Path(name))
    json.dump(found, sys.stdout, indent=2)
    sys.stdout.write("\n")
    sys.exit(found["ratio"] > LIMIT)


if __name__ == "__main__":
    main()
