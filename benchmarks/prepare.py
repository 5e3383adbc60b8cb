"""What a benchmark needs beforehand, in a process of its own so that the driver stays small.

python -m benchmarks.prepare demo DATABASE ROWS TENANTS
python -m benchmarks.prepare known MIGRATED KNOWN
"""

from __future__ import annotations

import argparse
import sqlite3
from pathlib import Path

from coccinelle_assets.sql import load_sql


def write_demo(database: Path, rows: int, tenants: int) -> None:
    """Write a demo database, whole or not at all."""
    from coccinelle_assets.demo import write_demo_database

    partial = database.with_name(database.name + ".partial")
    partial.unlink(missing_ok=True)
    write_demo_database(partial, rows, tenants)
    partial.replace(database)


def write_known(migrated: Path, known: Path) -> None:
    """Take customers and links out of a migrated database."""
    known.unlink(missing_ok=True)
    connection = sqlite3.connect(known)
    try:
        connection.execute("ATTACH ? AS promoted", (str(migrated),))
        connection.executescript(load_sql("sql/known.sql", package="benchmarks"))
    finally:
        connection.close()


def main() -> None:
    """Prepare one file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prepare", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo")
    demo.add_argument("database", type=Path)
    demo.add_argument("rows", type=int)
    demo.add_argument("tenants", type=int)
    known = commands.add_parser("known")
    known.add_argument("migrated", type=Path)
    known.add_argument("known", type=Path)
    options = parser.parse_args()
    if options.command == "demo":
        write_demo(options.database, options.rows, options.tenants)
    else:
        write_known(options.migrated, options.known)


if __name__ == "__main__":
    main()
