"""Runs the fault tests and puts what they counted into docs/reliability.md.

python -m benchmarks.faults [--write]
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from benchmarks.readme import write_section

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "docs" / "reliability.md"


def run_fault_tests(report: Path) -> None:
    """Run every fault test, one after the other; exits as pytest does when one fails."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-m", "fault"]
    # Only the older format of reports has room for what a test counted.
    command += ["-o", "junit_family=xunit1", f"--junitxml={report}"]
    done = subprocess.run(command, cwd=REPOSITORY, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def figures(report: Path) -> list[tuple[str, str]]:
    """What was done and what was seen, of each test that counted something."""
    rows = []
    for entry in ElementTree.parse(report).iter("property"):
        if entry.get("name") == "figure":
            figure = ast.literal_eval(entry.get("value", ""))
            rows.append((figure["fault"], figure["seen"]))
    return sorted(rows)


def main() -> None:
    """Run, print and, when asked to, write the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"put the figures in {PAGE.name}")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.xml"
        run_fault_tests(report)
        lines = [f"- {fault}: {seen}." for fault, seen in figures(report)]
    text = "\n" + "\n".join(lines) + "\n"
    print(text)
    if options.write:
        write_section("faults", text, PAGE)


if __name__ == "__main__":
    main()
