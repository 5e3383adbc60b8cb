"""A customer_id that means something else: another system's ids in the column of the links."""

from __future__ import annotations

from duckdb import DuckDBPyConnection

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.sql import load_sql, one_row
from coccinelle_assets.tables import LINKED_TABLES


def require_own_links(connection: DuckDBPyConnection) -> None:
    """Refuse sources whose customer_id holds values and names no customer with any.

    Single ones among links stay as they are, and the gate of the links names them.
    Raises CoccinelleError that names the table and one of the values.
    """
    for table in LINKED_TABLES:
        query = load_sql("warehouse/sql/foreign_links.sql", table=table)
        values, links, example = one_row(connection.execute(query))
        if values and not links:
            raise CoccinelleError(
                f"{table}.customer_id holds {values} values, such as {example!r}, and none of them "
                "names a customer: it means something else. Give that column another name "
                "(ALTER TABLE … RENAME COLUMN); nothing was written"
            )
