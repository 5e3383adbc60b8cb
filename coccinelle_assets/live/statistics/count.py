"""Statistics of customers on a live database: counted from the links, corrected by the count."""

from __future__ import annotations

import sqlite3

from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.live.sqlite.transaction import run
from coccinelle_assets.sql import load_sql, quoted
from coccinelle_assets.tables import SOURCE_TABLES, TOTALS

# wrangler before 4.138 cuts a command behind any END, so nothing that it is asked has a CASE.
LATER = "iif(latest_end > latest_start OR latest_start IS NULL, latest_end, latest_start)"


def date_columns(schema: Schema) -> dict[str, tuple[str, str]]:
    """Which columns tell of a contact: (table, deployed column) by the name used in .sql files."""
    appointment_at = next(
        column for column in SOURCE_TABLES["appointments"] if column.name == "appointment_date"
    )
    deployed = schema.deployed("appointments", appointment_at) or "appointment_date"
    return {
        "appointment_at": ("appointments", deployed),
        "first_message_at": ("omni_conversations", "first_message_at"),
        "last_message_at": ("omni_conversations", "last_message_at"),
    }


def utc(value: str) -> str:
    """SQL of a date on the live database as UTC text, NULL where nobody can read it."""
    return load_sql("live/statistics/sql/utc_timestamp.sql", value=value).strip()


def write_link_statistics(live: sqlite3.Connection, schema: Schema) -> None:
    """Write temp.link_statistics: each customer's links on a live database, counted."""
    query = link_statistics_query(schema, "appointments", "omni_conversations")
    live.execute("DROP TABLE IF EXISTS temp.link_statistics")
    live.execute(f"CREATE TEMP TABLE link_statistics AS {query}")
    # The rows are in this order already; each question joins on it.
    live.execute("CREATE INDEX temp.link_statistics_by_id ON link_statistics (customer_id)")


def with_link_statistics(schema: Schema, question: str) -> str:
    """A question that may read link_statistics, counted in the question itself."""
    if "link_statistics" not in question:
        return question
    counted = link_statistics_query(schema, "appointments", "omni_conversations")
    return f"WITH link_statistics AS MATERIALIZED (\n{counted})\n{question}"


def take_planned_statistics(live: sqlite3.Connection) -> bool:
    """Have temp.link_statistics be what the gate counted; False when the links say otherwise.

    For a database whose rows are those that the gate saw, but for the links. Each customer's links
    are counted, along their indexes; tenants and dates are the gate's, which spares sorting them.
    """
    path = "live/statistics/sql/links_as_planned.sql"
    for table, total in TOTALS.items():
        if not run(live, path, table=table, total=total).fetchone()[0]:
            return False
    live.execute("CREATE TEMP VIEW link_statistics AS SELECT * FROM plan.link_statistics")
    return True


def link_statistics_query(schema: Schema, appointments: str, conversations: str) -> str:
    """The count of each customer's links, out of tables or subqueries with the live columns."""
    expressions = {key: utc(quoted(name)) for key, (_, name) in date_columns(schema).items()}
    return load_sql(
        "live/statistics/sql/link_statistics.sql",
        appointments=appointments,
        conversations=conversations,
        later=LATER,
        **expressions,
    )


def correct_statistics(live: sqlite3.Connection, schema: Schema) -> int:
    """Count the links, and correct the statistics that differ; returns the number of customers."""
    write_link_statistics(live, schema)
    return correct_to_link_statistics(live)


def correct_to_link_statistics(live: sqlite3.Connection) -> int:
    """Correct the statistics that differ from temp.link_statistics; returns how many."""
    return run(live, "live/statistics/sql/correct_statistics.sql").rowcount
