"""Commands on a local Cloudflare D1 against what wrangler itself takes for as many bytes.

`python -m benchmarks.d1 [--rows N]`, after `.ci/install-wrangler`. In one run: the time of
`wrangler d1 export` and of `wrangler d1 execute --file` with the very file that the promotion
sends, and of whole processes: the first `migrate`, `verify`, and a `migrate` with nothing new. One
JSON object on stdout; exit code 1 above LIMIT.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from coccinelle_assets.demo import write_demo_database
from coccinelle_assets_tests.d1.conftest import BINARIES, NAME, Project

LIMIT = 2.0


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

    def run(*command: str | Path) -> Callable[[], object]:
        return lambda: subprocess.run(
            command, cwd=project.directory, check=True, capture_output=True
        )

    def coccinelle(command: str) -> float:
        program = (sys.executable, "-m", "coccinelle_assets.cli")
        return timed(run(*program, command, f"d1:{NAME}", "--local"))

    migrate, verify, again = (coccinelle(name) for name in ("migrate", "verify", "migrate"))
    (plan,) = (project.database.directory / "plans").glob("*.sql")
    # The same bytes, on the database as it was.
    shutil.rmtree(state)
    kept.rename(state)
    here = ("d1", "execute", NAME, "--local", "--yes", "--file", plan)
    export = timed(
        run("wrangler", "d1", "export", NAME, "--local", "--output", directory / "dump.sql")
    )
    execute = timed(run("wrangler", *here))
    return {
        "rows": rows,
        "plan_bytes": plan.stat().st_size,
        "export_seconds": round(export, 2),
        "execute_seconds": round(execute, 2),
        "migrate_seconds": round(migrate, 2),
        "ratio": round(migrate / (export + execute), 2),
        "verify_seconds": round(verify, 2),
        "nothing_new_seconds": round(again, 2),
    }


def main() -> None:
    """Measure, print, and fail above LIMIT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        os.environ["PATH"] = os.pathsep.join([str(BINARIES), os.environ["PATH"]])
        os.environ["HOME"] = name
        os.environ["CI"] = "true"
        found = measure(rows, Path(name))
    json.dump(found, sys.stdout, indent=2)
    sys.stdout.write("\n")
    sys.exit(found["ratio"] > LIMIT)


if __name__ == "__main__":
    main()
