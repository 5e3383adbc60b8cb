"""Rows from Python into the warehouse, and .sql models by name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from duckdb import DuckDBPyConnection

from coccinelle_assets.sql import quoted


def write_texts(
    connection: DuckDBPyConnection,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str | None]],
) -> None:
    """Write temp.<table> with one VARCHAR column for each name.

    The rows travel as one JSON parameter: a list parameter or an array of Python objects takes
    DuckDB 100 microseconds a value where pandas is not installed.
    """
    shape = json.dumps([dict.fromkeys(columns, "VARCHAR")])
    records = json.dumps([dict(zip(columns, row, strict=True)) for row in rows])
    names = ", ".join(f"record.{quoted(column)}" for column in columns)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {names}"
        " FROM (SELECT unnest(from_json($records, $shape)) AS record)",
        {"records": records, "shape": shape},
    )


def execute_at_once(connection: DuckDBPyConnection, *statements: str) -> None:
    """Run statements that do not need one another, each on a connection of its own.

    DuckDB leaves cores idle where the last part of a statement is one thread's. Temporary tables
    are out of reach. Raises the error of the first one that fails, once all have ended.
    """

    def execute(statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    with ThreadPoolExecutor(len(statements)) as threads:
        for ended in [threads.submit(execute, statement) for statement in statements]:
            ended.result()
