"""Promotion to a local Cloudflare D1 against what wrangler itself takes for as many bytes.

`python -m benchmarks.d1 [--rows N]`, after `.ci/install-wrangler`. In one run: the time of
`wrangler d1 export` and of `wrangler d1 execute --file` with the very file that the promotion
sends, and of the pipeline from the beginning of its snapshot to promoted. One JSON object on
stdout; exit code 1 above LIMIT.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from coccinelle_assets.demo import write_demo_database
from coccinelle_assets.live.promotion.publish import Publication
from coccinelle_assets.live.promotion.run import promote_to
from coccinelle_assets_tests.d1.conftest import BINARIES, Project
from coccinelle_assets_tests.pipeline import Pipeline

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
    snapshot = project.home / "snapshot.sqlite"
    database = project.database
    taken = timed(lambda: database.snapshot(snapshot))
    pipeline = Pipeline(snapshot)
    resolved = timed(pipeline.plan)

    def publication(live: sqlite3.Connection) -> Publication:
        return promote_to(live, pipeline.promotion())

    promoted = timed(lambda: database.change("promotion", publication, since_snapshot=True))
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
        "snapshot_seconds": round(taken, 2),
        "resolve_seconds": round(resolved, 2),
        "promote_seconds": round(promoted, 2),
        "ratio": round((taken + resolved + promoted) / (export + execute), 2),
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
