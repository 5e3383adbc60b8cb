"""The shapes of data that the matrix measures: the demo's people, dealt and spelled otherwise.

    python -m benchmarks.shapes SHAPE DATABASE ROWS

A shape is a demo database of a number of tenants, and the SQL that is run on it.
"""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from coccinelle_assets.sql import load_sql

RECORDS_OF_A_TINY_TENANT = 10


@dataclass(frozen=True, slots=True)
class Shape:
    """Its meaning, its tenants by its rows, and whether SQL of its name changes the demo."""

    meaning: str
    tenants: Callable[[int], int]
    changed: bool


def _hundred(_: int) -> int:
    return 100


def _one(_: int) -> int:
    return 1


def _one_for_each_ten(rows: int) -> int:
    return max(rows // RECORDS_OF_A_TINY_TENANT, 1)


SHAPES = {
    "demo": Shape("the demo's spread: 100 tenants, a few hold most", _hundred, changed=False),
    "one_tenant": Shape("one tenant holds all", _one, changed=False),
    "tiny_tenants": Shape("a tenant for every ten records", _one_for_each_ten, changed=False),
    "shared_email": Shape("one tenant, one e-mail in 20,000 rows", _one, changed=True),
    "chains": Shape("chains of 10,000 records, each tied to the next", _hundred, changed=True),
    "odd_spellings": Shape("every detail in an odd spelling", _hundred, changed=True),
    "nothing": Shape("no record has an identifier", _hundred, changed=True),
    "foreign_phones": Shape("every phone a foreign one", _hundred, changed=True),
}


def write_shape(name: str, database: Path, rows: int) -> None:
    """Write a database of a shape with about `rows` source records, whole or not at all."""
    from coccinelle_assets.demo import write_demo_database

    shape = SHAPES[name]
    partial = database.with_name(database.name + ".partial")
    partial.unlink(missing_ok=True)
    write_demo_database(partial, rows, shape.tenants(rows))
    if shape.changed:
        run_script(partial, f"sql/shapes/{name}.sql", rows)
    partial.replace(database)


def run_script(database: Path, script: str, rows: int) -> None:
    """Run SQL of this package on a database; it may ask for the number of source records."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TEMP TABLE asked AS SELECT ? AS rows", (rows,))
        connection.executescript(f"BEGIN;\n{load_sql(script, package='benchmarks')}\nCOMMIT;")


def main() -> None:
    """Write one database."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shapes", description=__doc__)
    parser.add_argument("shape", choices=SHAPES)
    parser.add_argument("database", type=Path)
    parser.add_argument("rows", type=int)
    options = parser.parse_args()
    write_shape(options.shape, options.database, options.rows)


if __name__ == "__main__":
    main()
