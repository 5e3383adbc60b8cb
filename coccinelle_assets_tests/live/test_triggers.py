"""Triggers: while the application writes as it likes, the statistics stay what a recount gives."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.database import SqliteDatabase
from coccinelle_assets.live.statistics.triggers import TRIGGERS, install_triggers
from coccinelle_assets.live.verify import verify
from coccinelle_assets_tests.changes import add_people, contracted, install, promote, rolled_back
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import holds
from coccinelle_assets_tests.pipeline import Pipeline
from coccinelle_assets_tests.resolution.dates import DATES

# How each date is to be read: the odd ones, and those of the rows that are there. A column of type
# DATETIME keeps a bare number as a number.
ORDINARY = ("2025-03-01 10:00:00", "2025-02-01 10:00:00", "2025-02-01 10:05:00")
UTC = dict(DATES) | {date: date for date in ORDINARY} | {None: None}
# The plan's trigger, word for word.
PLANS_TRIGGER = """CREATE TRIGGER trg_appointments_insert
AFTER INSERT ON appointments
WHEN NEW.customer_id IS NOT NULL
BEGIN
  UPDATE customers
  SET total_appointments = total_appointments + 1,
      last_contact_at = MAX(last_contact_at, NEW.appointment_date),
      updated_at = CURRENT_TIMESTAMP
  WHERE id = NEW.customer_id;
END"""


@pytest.fixture(scope="module")
def promoted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A promoted database without triggers; not to be written to."""
    app = AppDatabase(tmp_path_factory.mktemp("promoted") / "app.db")
    add_people(app)
    promote(app)
    return app.path


@pytest.fixture
def live(promoted: Path, app: AppDatabase) -> AppDatabase:
    """A copy of the promoted database."""
    shutil.copyfile(promoted, app.path)
    return app


def recounted(
    connection: sqlite3.Connection, date_column: str
) -> dict[str, tuple[int, int, str | None]]:
    """Appointments, conversations and latest contact of each customer, in plain Python."""
    totals: dict[str, Counter[str]] = {"appointments": Counter(), "omni_conversations": Counter()}
    contacts: dict[str, list[str]] = {}
    for table, columns in (
        ("appointments", date_column),
        ("omni_conversations", "first_message_at, last_message_at"),
    ):
        for customer_id, *dates in connection.execute(
            f"SELECT customer_id, {columns} FROM {table}"
        ):
            totals[table][customer_id] += 1
            read = (UTC[None if date is None else str(date)] for date in dates)
            contacts.setdefault(customer_id, []).extend(date for date in read if date)
    return {
        customer_id: (
            totals["appointments"][customer_id],
            totals["omni_conversations"][customer_id],
            max(contacts.get(customer_id, ()), default=None),
        )
        for (customer_id,) in connection.execute("SELECT id FROM customers")
    }


def statistics(connection: sqlite3.Connection) -> dict[str, tuple[int, int, str | None]]:
    return {
        customer_id: tuple(counts)
        for customer_id, *counts in connection.execute(
            "SELECT id, total_appointments, total_conversations, last_contact_at FROM customers"
        )
    }


COLUMNS = {
    "appointments": ("appointment_date",),
    "omni_conversations": ("first_message_at", "last_message_at"),
}
tables = st.sampled_from(tuple(COLUMNS))
dates = st.sampled_from([*(date for date, _ in DATES), None])
numbers = st.integers(0, 9)
# The last two are nobody's: no link, and one that leads nowhere.
customers = st.integers(0, 5)


class StatisticsStayTrue(RuleBasedStateMachine):
    """An application that writes at random; rows are known by the numbers 0 to 9."""

    template: ClassVar[Path]

    @initialize(renamed=st.booleans(), known=st.lists(st.tuples(tables, customers, dates)))
    def install(self, renamed: bool, known: list[tuple[str, int, str | None]]) -> None:
        self.live = sqlite3.connect(":memory:", isolation_level=None)
        with closing(sqlite3.connect(self.template)) as template:
            template.backup(self.live)
        self.columns = dict(COLUMNS)
        if renamed:
            self.live.execute("ALTER TABLE appointments RENAME appointment_date TO scheduled_at")
            self.columns["appointments"] = ("scheduled_at",)
        found = self.live.execute("SELECT id FROM customers ORDER BY id")
        self.customers = [row[0] for row in found]
        assert len(self.customers) == 3
        # What was there before counts too, once the triggers are installed.
        for number, (table, customer, date) in enumerate(known):
            self.write(f"INSERT INTO {table}", table, f"known{number}", customer, (date, None))
        install_triggers(self.live, "app.db")

    def customer(self, number: int) -> str | None:
        return dict(enumerate([*self.customers, "nobody", "nobody else"])).get(number)

    def write(
        self, verb: str, table: str, row: str, customer: int, at: tuple[Any, ...], also: str = ""
    ) -> None:
        columns = self.columns[table]
        marks = ", ".join("?" * (len(columns) + 3))
        self.live.execute(
            f"{verb} (id, tenant_id, customer_id, {', '.join(columns)}) VALUES ({marks}) {also}",
            (row, "t1", self.customer(customer), *at[: len(columns)]),
        )

    @rule(table=tables, row=numbers, customer=customers, first=dates, last=dates)
    def insert_or_nothing(
        self, table: str, row: int, customer: int, first: str | None, last: str | None
    ) -> None:
        self.write(f"INSERT OR IGNORE INTO {table}", table, str(row), customer, (first, last))

    @rule(table=tables, row=numbers, customer=customers, first=dates, last=dates)
    def upsert(
        self, table: str, row: int, customer: int, first: str | None, last: str | None
    ) -> None:
        assignments = ", ".join(
            f"{name} = excluded.{name}" for name in ("customer_id", *self.columns[table])
        )
        also = f"ON CONFLICT (id) DO UPDATE SET {assignments}"
        self.write(f"INSERT INTO {table}", table, str(row), customer, (first, last), also)

    @rule(table=tables, row=numbers, customer=customers)
    def link(self, table: str, row: int, customer: int) -> None:
        self.live.execute(
            f"UPDATE {table} SET customer_id = ? WHERE id = ?", (self.customer(customer), str(row))
        )

    @rule(table=tables, old=customers, new=customers)
    def move_every_record_of_a_customer(self, table: str, old: int, new: int) -> None:
        self.live.execute(
            f"UPDATE {table} SET customer_id = ? WHERE customer_id IS ?",
            (self.customer(new), self.customer(old)),
        )

    @rule(table=tables, row=numbers, column=st.integers(0, 1), date=dates)
    def change_a_date(self, table: str, row: int, column: int, date: str | None) -> None:
        name = self.columns[table][-column]
        self.live.execute(f"UPDATE {table} SET {name} = ? WHERE id = ?", (date, str(row)))

    @rule(table=tables, row=numbers, customer=customers, date=dates)
    def change_customer_and_date(
        self, table: str, row: int, customer: int, date: str | None
    ) -> None:
        self.live.execute(
            f"UPDATE {table} SET customer_id = ?, {self.columns[table][0]} = ?, status = 'new'"
            " WHERE id = ?",
            (self.customer(customer), date, str(row)),
        )

    @rule(table=tables, row=numbers)
    def delete(self, table: str, row: int) -> None:
        self.live.execute(f"DELETE FROM {table} WHERE id = ?", (str(row),))

    @rule(table=tables, customer=customers)
    def delete_every_record_of_a_customer(self, table: str, customer: int) -> None:
        self.live.execute(f"DELETE FROM {table} WHERE customer_id IS ?", (self.customer(customer),))

    @invariant()
    def statistics_are_a_recount(self) -> None:
        if hasattr(self, "live"):
            date_column = self.columns["appointments"][0]
            assert statistics(self.live) == recounted(self.live, date_column)

    def teardown(self) -> None:
        if hasattr(self, "live"):
            self.live.close()


@pytest.mark.parametrize(
    "examples", [30, pytest.param(400, marks=pytest.mark.fault)], ids=["few", "many"]
)
def test_after_every_write_of_the_application_the_statistics_are_a_recount(
    promoted: Path, examples: int
) -> None:
    machine = type("Promoted", (StatisticsStayTrue,), {"template": promoted})
    machine.TestCase.settings = settings(
        max_examples=examples,
        stateful_step_count=25,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    machine.TestCase().runTest()


def test_the_plans_own_trigger_never_fills_a_null_and_is_replaced(live: AppDatabase) -> None:
    live.execute(PLANS_TRIGGER)
    anne = live.links()["w1"]
    live.execute("UPDATE customers SET last_contact_at = NULL WHERE id = ?", (anne,))
    live.appointment(customer_id=anne, appointment_date="2025-06-01T10:00:00Z")
    contact = "SELECT last_contact_at FROM customers WHERE id = ?"
    assert live.rows(contact, (anne,)) == [(None,)]
    done = install(live)
    assert done.replaced == ["trg_appointments_insert"]
    assert set(done.created) == set(TRIGGERS) - {"trg_appointments_insert"}
    assert done.statistics_corrected == 1
    assert live.rows(contact, (anne,)) == [("2025-06-01 10:00:00",)]
    live.appointment(customer_id=anne, appointment_date="2025-07-01T10:00:00+02:00")
    assert live.rows(contact, (anne,)) == [("2025-07-01 08:00:00",)]
    assert holds(live.path)


def test_a_trigger_keeps_updated_at(live: AppDatabase) -> None:
    install(live)
    live.execute("UPDATE customers SET updated_at = '2000-01-01 00:00:00'")
    jean, anne = live.links()["v1"], live.links()["w1"]
    live.appointment(customer_id=jean)
    touched = "SELECT id FROM customers WHERE updated_at > '2001-01-01'"
    assert live.rows(touched) == [(jean,)]
    live.execute("UPDATE omni_conversations SET last_message_at = '2031-01-01' WHERE id = 'w1'")
    assert {row[0] for row in live.rows(touched)} == {jean, anne}


def test_installing_corrects_what_drifted_and_a_second_time_writes_nothing(
    live: AppDatabase,
) -> None:
    live.appointment(customer_id=live.links()["v1"])
    assert not holds(live.path)
    first = install(live)
    assert set(first.created) == set(TRIGGERS)
    assert first.statistics_corrected == 1
    assert holds(live.path)
    content = live.path.read_bytes()
    second = install(live)
    assert (second.created, second.replaced, second.statistics_corrected) == ([], [], 0)
    assert set(second.present) == set(TRIGGERS)
    assert live.path.read_bytes() == content


def test_a_row_replaced_behind_the_triggers_is_found_by_verify_and_mended_by_the_next_installation(
    live: AppDatabase,
) -> None:
    install(live)
    live.execute(
        "INSERT OR REPLACE INTO appointments (id, tenant_id, customer_id) VALUES ('v1', 't1', ?)",
        (live.links()["v1"],),
    )
    found = verify(SqliteDatabase(live.path, 1)).findings
    assert [f.predicate.name for f in found if not f.holds] == ["statistics_match_links"]
    assert install(live).statistics_corrected == 1
    assert holds(live.path)


def test_a_database_that_was_never_promoted_gets_no_triggers(app: AppDatabase) -> None:
    content = app.path.read_bytes()
    with pytest.raises(CoccinelleError, match=r"no promoted customers.*coccinelle migrate"):
        install(app)
    assert app.path.read_bytes() == content


APPLICATIONS_TRIGGER = """CREATE TRIGGER   watch_{table} -- the application's own
AFTER UPDATE ON {table} BEGIN
    INSERT INTO watched VALUES ('{table}', NEW.id);
END"""


def test_no_trigger_fires_while_the_project_writes_and_all_are_there_afterwards(
    app: AppDatabase,
) -> None:
    app.execute("CREATE TABLE watched (source_table TEXT, id TEXT)")
    for table in COLUMNS:
        app.execute(APPLICATIONS_TRIGGER.format(table=table))
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
    original = app.rows(query)
    add_people(app)
    pipeline = Pipeline(app.path)
    pipeline.run()
    assert app.rows(query) == original
    install(app)
    installed = app.rows(query)
    assert set(original) < set(installed)
    # The pipeline links a3 itself: counted by the promotion, and not by the triggers again.
    app.appointment(id="a3", customer_email="jean@ex.fr")
    assert pipeline.run().counts["appointment_links"] == 1
    assert holds(app.path)
    with closing(app.connect()) as connection:
        assert statistics(connection) == recounted(connection, "appointment_date")
    contracted(app)
    assert app.rows(query) == installed
    rolled_back(app, to_previous=True)
    assert app.rows(query) == installed
    rolled_back(app)
    assert app.rows(query) == original
    assert app.rows("SELECT * FROM watched") == []
    app.execute("UPDATE appointments SET status = 'done' WHERE id = 'v1'")
    assert app.rows("SELECT * FROM watched") == [("appointments", "v1")]
