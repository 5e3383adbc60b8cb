"""Every shape of data at every size through every run, as ratios: what grows where it should not.

    python -m benchmarks.matrix [--sizes N ...] [--shapes S ...] [--runs R ...] [--write-readme]

Each figure is a whole process. A shape is held against the demo's shape of the same size, a size
against the one before. Exit code 1 when a run fails or a ratio is out of bounds. Results go to
matrix.json after each database; --resume goes on where it ended.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.heat_map import defects, render
from benchmarks.life import RUNS, Life
from benchmarks.readme import write_section
from benchmarks.run import machine
from benchmarks.shapes import SHAPES

RESULTS = Path(__file__).with_name("matrix.json")
SIZES = (20_000, 200_000, 1_000_000)


def _measured(results: dict[str, Any], rows: int, shape: str) -> int:
    return sum(life["rows"] == rows and life["shape"] == shape for life in results["lives"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every database, print the tables and keep the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matrix", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="source records")
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--runs", nargs="+", choices=RUNS, default=list(RUNS))
    parser.add_argument("--repeats", type=int, default=1, help="lives of each database")
    parser.add_argument("--bound", type=float, default=1800, help="seconds until a run is stopped")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures go")
    parser.add_argument("--resume", action="store_true", help="keep what --results has")
    parser.add_argument("--write-readme", action="store_true", help="put the tables in README.md")
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = parser.parse_args(given)
    if options.repeats < 1 or min(options.sizes) < 1_000:
        parser.error("at least 1 repeat and 1,000 rows")
    results: dict[str, Any] = {"lives": []}
    if options.resume and options.results.is_file():
        results = json.loads(options.results.read_text(encoding="utf-8"))
    for rows in sorted(options.sizes):
        # The demo first: what the others are held against.
        for shape in sorted(options.shapes, key=list(SHAPES).index):
            for _ in range(_measured(results, rows, shape), options.repeats):
                life = Life(shape, rows, options.bound)
                life.lead(options.runs)
                entry = {"rows": rows, "shape": shape, "runs": life.outcomes}
                results["lives"].append(entry)
                results |= {
                    "command": " ".join(["python -m benchmarks.matrix", *given]),
                    "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
                    "machine": machine(),
                }
                options.results.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
                print(json.dumps(entry), file=sys.stderr, flush=True)
    text = render(results)
    print(text)
    if options.write_readme:
        write_section("matrix", text)
    return 1 if defects(results) else 0


if __name__ == "__main__":
    sys.exit(main())
