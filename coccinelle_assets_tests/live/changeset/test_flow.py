"""Every change of the project, replayed on a plain SQLite file: the same database comes out."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from coccinelle_assets.live.changeset.script import LAST_RECEIPT, Script, write_script
from coccinelle_assets.live.changeset.trial import apply_script, check_script
from coccinelle_assets.live.contraction.contract import contract
from coccinelle_assets.live.promotion.run import promote_to
from coccinelle_assets.live.rollback.rollback import roll_back, roll_back_last
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets.live.statistics.triggers import install_triggers
from coccinelle_assets_tests.database_state import application_state
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import HOSTILE, JEAN
from coccinelle_assets_tests.pipeline import Pipeline


class Replayed:
    """A change made on a copy of the database, and the file that replays it on the original."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self.copy = database.with_name("copy.db")
        self.before = database.with_name("before.db")

    def change(self, work: Callable[[sqlite3.Connection], Any], plan: Path | None = None) -> Script:
        """Work on a copy of the database without the replay's tables; write the file."""
        shutil.copyfile(self.database, self.before)
        with closing(sqlite3.connect(self.before)) as connection:
            tables = [row[1] for row in connection.execute("PRAGMA table_list")]
            receipt = None
            if "coccinelle_receipts" in tables:
                receipt = connection.execute(LAST_RECEIPT).fetchone()[0]
            for table in tables:
                if table.startswith("coccinelle_"):
                    connection.execute(f"DROP TABLE {table}")
            connection.commit()
        shutil.copyfile(self.before, self.copy)
        with open_live(self.copy, 0, writable=True) as connection:
            work(connection)
        target = self.database.with_name("plan.sql")
        return write_script(
            self.before, self.copy, target, name="test", last_receipt=receipt, plan=plan
        )

    def apply(self, script: Script) -> None:
        apply_script(script.path, self.database)

    def deferred(self) -> set[tuple[str, str, str]]:
        with closing(sqlite3.connect(self.database)) as connection:
            return set(connection.execute("SELECT * FROM coccinelle_deferred"))

    def assert_same(self) -> None:
        assert application_state(self.database) == application_state(self.copy)


@pytest.fixture
def hostile(app: AppDatabase) -> AppDatabase:
    """Records whose values are hard to write down; children and a busy trigger of the app's."""
    app.execute("ALTER TABLE appointments ADD COLUMN blob_note")
    app.execute("CREATE TABLE log (n INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT)")
    app.execute(
        "CREATE TRIGGER appointments_log AFTER UPDATE ON appointments BEGIN"
        " INSERT INTO log (what) VALUES (NEW.id || ';'); END"
    )
    app.execute("CREATE VIEW names AS SELECT id, notes FROM appointments")
    app.prospect(id="jean", first_name=HOSTILE, last_name="Dupont", email="jean@ex.fr", phone=JEAN)
    app.prospect(id="anne", first_name="Anne", last_name="Morel " * 3, email="anne@lilas.fr")
    app.prospect("t2", id="luc", first_name="Luc", last_name="Roux", email="luc@t2.fr")
    app.appointment(id="a'1", customer_name=HOSTILE, customer_phone="06 11 47 82 93")
    app.appointment(id="a2", customer_name="Jean", customer_email="jean@ex.fr", notes=HOSTILE)
    app.appointment(id="a3", customer_name="Nobody", notes="n" * 250_000, blob_note=b"\x00\xff")
    app.conversation(id="c1", customer_name="Anne Morel", customer_email="ANNE@lilas.fr")
    return app


@pytest.fixture
def replayed(hostile: AppDatabase) -> Replayed:
    return Replayed(hostile.path)


@pytest.fixture
def pipeline(hostile: AppDatabase) -> Pipeline:
    return Pipeline(hostile.path)


def publish_plan(
    pipeline: Pipeline, tenants: Sequence[str] = ()
) -> Callable[[sqlite3.Connection], Any]:
    pipeline.plan(tenants)
    return lambda live: promote_to(live, pipeline.promotion())


def test_every_change_from_promotion_to_rollback_is_replayed_to_the_letter(
    hostile: AppDatabase, pipeline: Pipeline, replayed: Replayed
) -> None:
    original = application_state(hostile.path)
    archives = hostile.path.parent / "archives"

    def replay(work: Callable[[sqlite3.Connection], Any]) -> None:
        script = replayed.change(work)
        assert not script.is_empty
        replayed.apply(script)
        replayed.assert_same()
        assert replayed.deferred() == set()

    replay(publish_plan(pipeline))
    replay(lambda live: install_triggers(live, "test"))
    hostile.prospect(id="new", first_name="Jean", email="new@ex.fr", phone=JEAN)
    hostile.appointment(id="a4", customer_name="New", customer_email="new@ex.fr")
    hostile.prospect(id="tie", first_name="Anne", email="anne@lilas.fr", phone=JEAN)
    replay(publish_plan(pipeline))
    assert hostile.rows("SELECT COUNT(*) FROM customer_merges") == [(1,)]
    replay(lambda live: roll_back_last(live, "test", archives))
    replay(publish_plan(pipeline))
    replay(lambda live: contract(live, "test", archives, anonymous=True))
    replay(lambda live: roll_back_last(live, "test", archives))
    for record in ("new", "tie"):
        hostile.execute("DELETE FROM prospects WHERE id = ?", (record,))
    hostile.execute("DELETE FROM appointments WHERE id = 'a4'")
    replay(lambda live: roll_back(live, "test", archives))
    assert application_state(hostile.path) == original


def test_a_second_run_dies_on_its_receipt(pipeline: Pipeline, replayed: Replayed) -> None:
    script = replayed.change(publish_plan(pipeline))
    replayed.apply(script)
    with pytest.raises(sqlite3.IntegrityError, match=r"coccinelle_receipts\.plan"):
        replayed.apply(script)
    replayed.assert_same()


def test_a_file_does_not_run_when_another_one_did_since(
    pipeline: Pipeline, replayed: Replayed, hostile: AppDatabase
) -> None:
    replayed.apply(replayed.change(publish_plan(pipeline)))
    script = replayed.change(lambda live: install_triggers(live, "test"))
    hostile.execute("INSERT INTO coccinelle_receipts (plan, name) VALUES ('other', 'test')")
    with pytest.raises(sqlite3.IntegrityError, match="nothing_applied_since"):
        replayed.apply(script)


def test_a_file_does_not_run_on_another_schema(
    pipeline: Pipeline, replayed: Replayed, hostile: AppDatabase
) -> None:
    script = replayed.change(publish_plan(pipeline))
    hostile.execute("CREATE TRIGGER late AFTER UPDATE ON appointments BEGIN SELECT 1; END")
    with pytest.raises(sqlite3.IntegrityError, match="schema_unchanged"):
        replayed.apply(script)


def test_rows_changed_since_the_copy_are_left_and_named_and_the_rest_is_promoted(
    pipeline: Pipeline, replayed: Replayed, hostile: AppDatabase
) -> None:
    hostile.appointment(id="edited", customer_name="Anne", customer_email="anne@lilas.fr")
    hostile.appointment(id="gone", customer_name="Anne", customer_email="anne@lilas.fr")
    hostile.appointment(id="noted", customer_name="Anne", customer_email="anne@lilas.fr")
    script = replayed.change(publish_plan(pipeline))
    hostile.execute("UPDATE appointments SET customer_email = 'other@ex.fr' WHERE id = 'edited'")
    hostile.execute("UPDATE appointments SET notes = 'later' WHERE id = 'noted'")
    hostile.execute("DELETE FROM appointments WHERE id = 'gone'")
    hostile.appointment(id="late", customer_name="Anne", customer_email="anne@lilas.fr")
    replayed.apply(script)
    assert replayed.deferred() == {
        ("appointments", "edited", "changed"),
        ("appointments", "gone", "deleted"),
    }
    links = hostile.links()
    assert links["edited"] is None
    assert links["late"] is None
    assert links["noted"] == links["c1"]
    anne = next(row for row in hostile.customers() if row["email"] == "anne@lilas.fr")
    # Counted from the links as they are, not as the copy had them.
    assert anne["total_appointments"] == 1
    counts = hostile.rows("SELECT json_extract(counts, '$.deferred') FROM customer_promotions")
    assert counts == [(2,)]


def test_a_customer_made_since_the_copy_keeps_its_identifier(
    pipeline: Pipeline, replayed: Replayed, hostile: AppDatabase
) -> None:
    replayed.apply(replayed.change(publish_plan(pipeline)))
    hostile.prospect(id="late", first_name="Luc", email="luc@roux.fr")
    hostile.appointment(id="a9", customer_name="Luc", customer_email="luc@roux.fr")
    script = replayed.change(publish_plan(pipeline))
    hostile.insert("customers", {"id": "own", "tenant_id": "t1", "email": "luc@roux.fr"})
    replayed.apply(script)
    reasons = {(table, reason) for table, _, reason in replayed.deferred()}
    assert reasons == {("customers", "identifier_taken"), ("appointments", "customer_unavailable")}
    assert hostile.links()["a9"] is None


def test_a_link_made_since_to_a_customer_that_is_merged_follows_it(
    pipeline: Pipeline, replayed: Replayed, hostile: AppDatabase
) -> None:
    replayed.apply(replayed.change(publish_plan(pipeline)))
    hostile.prospect(id="tie", first_name="Anne", email="anne@lilas.fr", phone=JEAN)
    script = replayed.change(publish_plan(pipeline))
    with closing(sqlite3.connect(replayed.copy)) as copy:
        ((merged, survivor),) = copy.execute("SELECT merged_id, customer_id FROM customer_merges")
    hostile.appointment(id="late", customer_name="x", customer_id=merged)
    replayed.apply(script)
    assert hostile.links()["late"] == survivor


def test_a_wave_counts_its_own_tenants_alone(
    pipeline: Pipeline, replayed: Replayed, hostile: AppDatabase
) -> None:
    replayed.apply(replayed.change(publish_plan(pipeline)))
    spoil = "UPDATE customers SET total_appointments = ? WHERE tenant_id = ?"
    hostile.execute(spoil, (7, "t2"))
    hostile.appointment(id="a9", customer_name="Jean", customer_phone=JEAN)
    script = replayed.change(publish_plan(pipeline, ["t1"]))
    for count, tenant in ((8, "t2"), (9, "t1")):
        hostile.execute(spoil, (count, tenant))
    replayed.apply(script)
    counts = {row["email"]: row["total_appointments"] for row in hostile.customers()}
    assert counts == {"luc@t2.fr": 8, "jean@ex.fr": 3, "anne@lilas.fr": 0}
    assert hostile.links()["a9"] is not None


SPOILS = {
    "links_lead_to_customers": "UPDATE appointments SET customer_id = 'nobody' WHERE id = 'a3'",
    "customer_tenants_exist": "DELETE FROM tenants WHERE id = 't2'",
}


@pytest.mark.parametrize("name", SPOILS)
def test_a_database_spoiled_since_is_held_by_the_guard_of_that_name(
    name: str, pipeline: Pipeline, replayed: Replayed, hostile: AppDatabase
) -> None:
    replayed.apply(replayed.change(publish_plan(pipeline)))
    hostile.prospect(id="late", first_name="Luc", email="luc@roux.fr")
    hostile.appointment(id="a9", customer_name="Luc", customer_email="luc@roux.fr")
    script = replayed.change(publish_plan(pipeline))
    hostile.execute(SPOILS[name])
    before = application_state(hostile.path)
    with pytest.raises(sqlite3.IntegrityError, match=name):
        replayed.apply(script)
    assert application_state(hostile.path) == before


def test_a_table_that_others_refer_to_is_rebuilt_and_they_keep_their_rows(
    pipeline: Pipeline, replayed: Replayed, hostile: AppDatabase
) -> None:
    hostile.execute(
        "CREATE TABLE reminders (id TEXT PRIMARY KEY, appointment_id TEXT"
        " REFERENCES appointments (id) ON DELETE CASCADE)"
    )
    replayed.apply(replayed.change(publish_plan(pipeline)))
    replayed.apply(replayed.change(lambda live: install_triggers(live, "test")))
    hostile.execute("INSERT INTO reminders SELECT 'r' || id, id FROM appointments")
    kept = hostile.rows("SELECT * FROM reminders ORDER BY id")
    archives = hostile.path.parent / "archives"
    replayed.apply(replayed.change(lambda live: contract(live, "test", archives, anonymous=True)))
    assert kept
    assert hostile.rows("SELECT * FROM reminders ORDER BY id") == kept


ERASURES = {
    "deleted": "DELETE FROM {table} WHERE id = '{id}'",
    "emptied": "UPDATE {table} SET {email} = NULL, {phone} = NULL WHERE id = '{id}'",
    "moved": "UPDATE {table} SET tenant_id = 't2' WHERE id = '{id}'",
}
RECORDS = {"a1": "appointments", "c1": "omni_conversations"}


@pytest.mark.parametrize("first", [True, False], ids=["first", "later"])
@pytest.mark.parametrize("erased", ["p1 a1", "p2 c1", "p1 a1 p2 c1 p3", "p1", "a1", "p2", ""])
@pytest.mark.parametrize("way", ERASURES)
def test_nobody_whose_records_were_erased_since_the_copy_is_created(
    way: str, erased: str, first: bool, app: AppDatabase
) -> None:
    """Zoe has an appointment and a prospect, Luc a conversation and a prospect, Lea one only."""
    if not first:
        app.prospect(id="p0", first_name="Jean", last_name="Dupont", email="jean@ex.fr")
        Pipeline(app.path).run()
    app.prospect(id="p1", first_name="Zoe", email="zoe@ex.fr", phone="06 11 47 82 93")
    app.appointment(id="a1", customer_name="Zoe", customer_email="zoe@ex.fr")
    app.prospect(id="p2", first_name="Luc", email="luc@ex.fr\n", phone="06 22 47 82 93")
    app.conversation(id="c1", customer_name="Luc", customer_phone="06 22 47 82 93")
    app.prospect(id="p3", first_name="Lea", email="l'ea@ex.fr")
    replayed, pipeline = Replayed(app.path), Pipeline(app.path)
    script = replayed.change(publish_plan(pipeline), pipeline.promotion().plan)
    check_script(script, replayed.before, replayed.copy)
    for record in erased.split():
        table = RECORDS.get(record, "prospects")
        prefix = "" if table == "prospects" else "customer_"
        names = {"email": f"{prefix}email", "phone": f"{prefix}phone"}
        app.execute(ERASURES[way].format(table=table, id=record, **names))
    replayed.apply(script)
    people = {"Zoe": {"p1", "a1"}, "Luc": {"p2", "c1"}, "Lea": {"p3"}}
    alive = {name for name, records in people.items() if records - set(erased.split())}
    created = {row["first_name"] for row in app.customers()} - {"Jean"}
    assert created == alive
    left = [row[0] for row in replayed.deferred() if row[2] == "records_gone"]
    assert left == ["customers"] * (len(people) - len(alive))
    with app.connect() as live:
        links = live.execute("SELECT DISTINCT customer_id FROM appointments")
        linked = {row[0] for row in links} - {None}
    assert linked <= {row["id"] for row in app.customers()}


def test_prospects_travel_in_statements_that_d1_takes(app: AppDatabase) -> None:
    """Many of them, with long and odd details: those of a customer stay in one statement."""
    for number in range(400):
        email = f"{'q' * 150}{number // 2}@ex.fr"
        app.prospect(first_name="O'" * 20, email=email, phone=f"06 11 47 82 {number % 90 + 10}")
    replayed, pipeline = Replayed(app.path), Pipeline(app.path)
    script = replayed.change(publish_plan(pipeline), pipeline.promotion().plan)
    check_script(script, replayed.before, replayed.copy)
    assert script.path.read_text(encoding="utf-8").count("json_each") >= 4
    app.execute("DELETE FROM prospects")
    replayed.apply(script)
    assert app.customers() == []
