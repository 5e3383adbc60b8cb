"""On a real local D1: whatever was written, its promotion gives what a SQLite file's gives."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from coccinelle_assets.live.changeset.literals import text
from coccinelle_assets_tests.d1.conftest import Project
from coccinelle_assets_tests.database_state import values_of
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import HOSTILE
from coccinelle_assets_tests.pipeline import Pipeline

pytestmark = pytest.mark.d1
TENANTS = ("t1", "t2", "t3")
PROMOTED = ("customers", "customer_merges", "appointments", "omni_conversations")
MOMENTS = ("created_at", "updated_at", "merged_at")
COLUMNS = {
    "prospects": "first_name, email, phone, created_at",
    "appointments": "customer_name, customer_email, customer_phone, appointment_date",
    "omni_conversations": "customer_name, customer_email, customer_phone, last_message_at",
}
Record = tuple[str, str, str | None, str | None, str | None]
records = st.lists(
    st.tuples(
        st.sampled_from(list(COLUMNS)),
        st.sampled_from(TENANTS),
        st.sampled_from(["Jean Dupont", "Anne", HOSTILE, None]),
        st.sampled_from(["jean@ex.fr", "ANNE@lilas.fr", "luc@roux.fr", "no e-mail", None]),
        st.sampled_from(["06 11 47 82 93", "+33655443210", "0699887766", "12", None]),
    ),
    min_size=10,
    max_size=40,
)
APART: list[Record] = [
    ("prospects", "t1", "Jean Dupont", "jean@ex.fr", None),
    ("prospects", "t1", HOSTILE, None, "06 11 47 82 93"),
    ("appointments", "t1", "Jean", None, "+33611478293"),
]
TOGETHER: list[Record] = [("prospects", "t1", "Jean Dupont", "jean@ex.fr", "0611478293")]


def inserts(batch: str, written: list[Record]) -> str:
    """The statements that write records, one a line."""
    lines = []
    for number, (table, tenant, *details) in enumerate(written):
        row = [f"{batch}{number}", tenant, *details, f"2025-01-01 10:00:{number:02d}"]
        values = ", ".join("NULL" if value is None else text(value) for value in row)
        lines.append(f"INSERT INTO {table} (id, tenant_id, {COLUMNS[table]}) VALUES ({values});")
    return "\n".join(lines)


def promoted(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """The rows that promotions write, moments of writing aside."""
    values = values_of(path, ignore=MOMENTS)
    return {table: sorted(values[table][1], key=repr) for table in PROMOTED}


def promote(project: Project, pipeline: Pipeline) -> None:
    """A run on the D1 database, planned from a snapshot of its own."""
    project.database.snapshot(pipeline.database)
    pipeline.plan()
    change = project.database.change("promotion", pipeline.publish_to, plan=pipeline.plan_path)
    assert change.deferred == ()


# What was two customers is one by the second run, at least once.
@example(first=APART, second=TOGETHER)
@given(first=records, second=records)
@settings(max_examples=2, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
def test_a_promoted_d1_is_the_promoted_sqlite_file_row_for_row(
    first: list[Record], second: list[Record]
) -> None:
    with TemporaryDirectory() as name:
        directory = Path(name)
        app = AppDatabase(directory / "app.db", tenants=TENANTS)
        project = Project(directory / "project")
        sqlite = Pipeline(app.path)
        d1 = Pipeline(project.directory / "snapshot.sqlite")
        for batch, written in (("first", first), ("second", second)):
            with closing(app.connect()) as connection:
                connection.executescript(inserts(batch, written))
            if batch == "first":
                project.load(app.path)
            else:
                file = directory / "second.sql"
                file.write_text(inserts(batch, written), encoding="utf-8")
                project.database.wrangler.execute_file(file)
            sqlite.run()
            promote(project, d1)
        wanted = promoted(app.path)
        assert wanted["customers"]
        assert wanted["customer_merges"] or first != APART
        assert promoted(project.mirror()) == wanted
