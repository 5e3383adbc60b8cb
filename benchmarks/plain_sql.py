"""The migration in plain SQL, as the plan reads: correlated statements on the live database.

    python -m benchmarks.plain_sql DATABASE

Details are compared as they were written, so that what it finds is less than what there is:
the number of customers it makes and of rows it links is printed as JSON.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
from pathlib import Path

from coccinelle_assets.sql import load_sql, statements


def migrate(database: Path) -> dict[str, int]:
    """Run the statements in one transaction; returns the numbers of customers and links."""
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        for statement in statements(load_sql("sql/plain_sql.sql", package="benchmarks")):
            connection.execute(statement)
        connection.execute("COMMIT")
        counts = {
            "customers": "SELECT COUNT(*) FROM customers",
            "appointments": "SELECT COUNT(customer_id) FROM appointments",
            "conversations": "SELECT COUNT(customer_id) FROM omni_conversations",
        }
        return {name: connection.execute(sql).fetchone()[0] for name, sql in counts.items()}
    finally:
        connection.close()


def main() -> None:
    """Migrate the database named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plain_sql", description=__doc__)
    parser.add_argument("database", type=Path)
    print(json.dumps(migrate(parser.parse_args().database)))


if __name__ == "__main__":
    main()
