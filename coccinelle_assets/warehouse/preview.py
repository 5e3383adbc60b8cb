"""The gate: the database as it would be after the promotion, as views of the warehouse.

The predicates are evaluated here first, on the very names they are evaluated under later.
"""

from __future__ import annotations

from duckdb import DuckDBPyConnection

from coccinelle_assets.sql import load_sql


def write_customer_views(connection: DuckDBPyConnection) -> None:
    """Write the views of the customers: gate.customers and what they are compared with."""
    connection.execute(load_sql("warehouse/sql/gate_customers.sql"))


def write_link_views(connection: DuckDBPyConnection) -> None:
    """Write the views of the linked tables."""
    write_customer_views(connection)
    connection.execute(load_sql("warehouse/sql/gate_links.sql"))


def write_gate_statistics(connection: DuckDBPyConnection) -> None:
    """Write gate.link_statistics: counted from the links, with the source rows' own dates."""
    query = load_sql(
        "live/statistics/sql/link_statistics.sql",
        appointments="gate.appointments",
        conversations="gate.omni_conversations",
        appointment_at="utc_timestamp(appointment_date)",
        first_message_at="utc_timestamp(first_message_at)",
        last_message_at="utc_timestamp(last_message_at)",
        later="greatest(latest_start, latest_end)",
    )
    connection.execute(
        "CREATE OR REPLACE TABLE gate.link_statistics AS"
        " SELECT * REPLACE (total_appointments::BIGINT AS total_appointments,"
        " total_conversations::BIGINT AS total_conversations,"
        f" utc_text(last_contact_at) AS last_contact_at) FROM ({query})"
    )
