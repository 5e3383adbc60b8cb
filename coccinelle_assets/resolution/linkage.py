"""Customers to links: every linkable record and its customer, every other one and its reason."""

from __future__ import annotations

from duckdb import DuckDBPyConnection

from coccinelle_assets.resolution.model import model
from coccinelle_assets.tables import LINKED_TABLES


def build_links(connection: DuckDBPyConnection) -> None:
    """Write ssot.appointment_links, conversation_links, unlinked_records and cleared_links."""
    for source_table, links in LINKED_TABLES.items():
        connection.execute(model("links", links=links, source_table=source_table))
    connection.execute(model("unlinked_records"))
    connection.execute(model("cleared_links"))
