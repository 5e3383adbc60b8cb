"""A property of every promotion: it adds, it holds, and done twice it does nothing more."""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from coccinelle_assets_tests.database_state import assert_kept, database_state, values_of
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import holds
from coccinelle_assets_tests.pipeline import Pipeline

TENANTS = ("t1", "t2")
# Few values, so that records meet; some are one person's spellings, some identify nobody.
EMAILS = (
    None,
    "",
    "jean@ex.fr",
    " JEAN@ex.fr",
    "anne@lilas.fr",
    "luc@roux.fr",
    "test@test.fr",
    "x",
)
PHONES = (None, "0611478293", "+33 6 11 47 82 93", "0655443210", "0677889012", "0600000000", "n/a")
NAMES = (None, "", "Jean Dupont", "DUPONT Jean", "Anne Morel", "Mme Le Goff")
MOMENTS = ("2025-03-01 10:00:00", "2025-04-01 10:00:00", "2024-12-31 23:59:59", None)

records = st.lists(
    st.tuples(
        st.sampled_from(("prospect", "appointment", "conversation")),
        st.sampled_from(TENANTS),
        st.sampled_from(NAMES),
        st.sampled_from(EMAILS),
        st.sampled_from(PHONES),
        st.sampled_from(MOMENTS),
    ),
    max_size=12,
)


def write(app: AppDatabase, rows: list[tuple[Any, ...]]) -> None:
    for kind, tenant, name, email, phone, moment in rows:
        if kind == "prospect":
            app.prospect(tenant, last_name=name, email=email, phone=phone)
        else:
            details = {"customer_name": name, "customer_email": email, "customer_phone": phone}
            if kind == "appointment":
                app.appointment(tenant, appointment_date=moment, **details)
            else:
                app.conversation(tenant, first_message_at=moment, last_message_at=moment, **details)


def assert_statistics_are_a_recount(app: AppDatabase) -> None:
    """Count the links again in plain Python."""
    appointments = app.rows("SELECT customer_id, appointment_date FROM appointments")
    conversations = app.rows("SELECT customer_id, last_message_at FROM omni_conversations")
    latest: dict[str, list[str]] = defaultdict(list)
    for customer_id, moment in (*appointments, *conversations):
        if moment:
            latest[customer_id].append(moment)
    totals = [
        Counter(customer_id for customer_id, _ in rows) for rows in (appointments, conversations)
    ]
    for row in app.customers():
        counted = (totals[0][row["id"]], totals[1][row["id"]])
        assert (row["total_appointments"], row["total_conversations"]) == counted
        assert row["last_contact_at"] == max(latest[row["id"]], default=None)


def assert_unique(app: AppDatabase) -> None:
    for column in ("id", "email", "phone"):
        keys = [
            (row["tenant_id"], row[column]) for row in app.customers() if row[column] is not None
        ]
        assert len(keys) == len(set(keys)), column


@settings(max_examples=5, deadline=None, derandomize=True)
@given(first=records, later=records)
def test_a_promotion_only_adds_and_a_second_one_writes_nothing(
    first: list[tuple[Any, ...]], later: list[tuple[Any, ...]]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        app = AppDatabase(Path(directory) / "app.db", tenants=TENANTS)
        pipeline = Pipeline(app.path)
        for rows in (first, later):
            write(app, rows)
            objects = database_state(app.path).definitions
            before = {
                table: columns_and_rows
                for table, columns_and_rows in values_of(app.path, ignore=("customer_id",)).items()
                if not table.startswith("customer")
            }
            pipeline.run()
            assert_kept(app.path, before)
            assert (
                database_state(app.path).definitions.items()
                >= {
                    name: sql for name, sql in objects.items() if name not in CHANGED_TABLES
                }.items()
            )
            assert_unique(app)
            assert_statistics_are_a_recount(app)
            assert holds(app.path)
        content = app.path.read_bytes()
        assert pipeline.run().rows_written == 0
        assert app.path.read_bytes() == content
        pipeline.warehouse.close()


# ADD COLUMN rewrites the text of these two.
CHANGED_TABLES = {"appointments", "omni_conversations"}
