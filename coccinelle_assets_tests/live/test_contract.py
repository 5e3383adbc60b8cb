"""Contracting: gated, nothing lost but the copied details, and undone exactly."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from coccinelle_assets.errors import CoccinelleError, PromotionRefusedError
from coccinelle_assets_tests.changes import (
    add_people,
    archives,
    contracted,
    install,
    promote,
    rolled_back,
)
from coccinelle_assets_tests.database_state import database_state
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import holds
from coccinelle_assets_tests.pipeline import Pipeline

DETAILS = {"customer_name", "customer_email", "customer_phone"}
# A deployment that uses what SQLite offers. `appointments` is the one that is rebuilt.
OBJECTS = (
    """CREATE TABLE appointments (
    id TEXT PRIMARY KEY COLLATE NOCASE, -- ids of the calendar
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    "customer_name" TEXT NOT NULL DEFAULT 'n/a',
    customer_email  TEXT,
    customer_phone TEXT CHECK (length(customer_phone) < 99),
    appointment_date DATETIME,
    duration_minutes INTEGER DEFAULT (10 * 3) CHECK (duration_minutes > 0),
    status TEXT COLLATE NOCASE DEFAULT 'it''s new',
    notes,
    "odd name" TEXT DEFAULT CURRENT_TIMESTAMP,
    shouted TEXT AS (upper(status)) VIRTUAL,
    follows TEXT REFERENCES appointments (id) ON DELETE SET NULL,
    created_at DATETIME,
    updated_at DATETIME,
    CONSTRAINT ends CHECK (status <> 'never'),
    UNIQUE (tenant_id, notes)
)""",
    "CREATE TABLE reminders (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " appointment_id TEXT REFERENCES appointments (id) ON DELETE CASCADE)",
    "CREATE INDEX app_status ON appointments (status DESC, lower(notes)) WHERE notes IS NOT NULL",
    "CREATE INDEX app_mail ON appointments (customer_email)",
    "CREATE INDEX app_lower_mail ON appointments (tenant_id, lower(customer_email))",
    "CREATE VIEW app_days AS SELECT date(appointment_date) AS day, status FROM appointments",
    "CREATE TRIGGER app_touch AFTER UPDATE OF status ON appointments"
    " BEGIN UPDATE appointments SET updated_at = 'touched' WHERE id = NEW.id; END",
    "CREATE TRIGGER app_cascade AFTER DELETE ON prospects"
    " BEGIN DELETE FROM appointments WHERE notes = OLD.id; END",
    "CREATE VIRTUAL TABLE app_search USING fts5 (notes)",
)
DROPPED = ["app_lower_mail", "app_mail"]
# Values that a text column holds as they are, whatever their type.
ODD = {
    "blob": "x'00ff'",
    "text that is not UTF-8": "CAST(x'416e6472e9' AS TEXT)",
    "null byte": "CAST(x'4a00' AS TEXT)",
    "integer": "33611478293",
    "empty": "''",
    "null": "NULL",
}


@pytest.fixture(scope="module")
def promoted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A promoted database with triggers; not to be written to."""
    app = AppDatabase(tmp_path_factory.mktemp("promoted") / "app.db")
    app.execute("DROP TABLE appointments")
    for definition in OBJECTS:
        app.execute(definition)
    add_people(app)
    for number, value in enumerate(ODD.values()):
        app.appointment(id=f"odd{number}", customer_email=f"odd{number}@ex.fr", notes=number)
        app.execute(f"UPDATE appointments SET customer_phone = {value} WHERE id = 'odd{number}'")
    app.execute("INSERT INTO reminders (id, appointment_id) VALUES (77, 'v1')")
    app.execute("DELETE FROM appointments WHERE id = 'v2'")
    promote(app)
    install(app)
    return app.path


@pytest.fixture
def live(promoted: Path, app: AppDatabase) -> AppDatabase:
    """A copy of the promoted database, with the counter where its rows end."""
    shutil.copyfile(promoted, app.path)
    app.counter = 100
    return app


def columns(app: AppDatabase, table: str) -> list[str]:
    return [name for (name,) in app.rows("SELECT name FROM pragma_table_xinfo(?)", (table,))]


def unlink(app: AppDatabase) -> None:
    app.execute("UPDATE appointments SET customer_id = NULL WHERE id = 'v1'")


def dangle(app: AppDatabase) -> None:
    app.execute("UPDATE omni_conversations SET customer_id = 'nobody' WHERE id = 'w1'")


def drop_a_trigger(app: AppDatabase) -> None:
    app.execute("DROP TRIGGER trg_appointments_delete")


GATES: dict[str, Callable[[AppDatabase], None]] = {
    "contract_rows_linked": unlink,
    "links_lead_to_customers": dangle,
    "contract_triggers_in_place": drop_a_trigger,
}


@pytest.mark.parametrize("gate", GATES)
def test_each_gate_refuses_and_nothing_is_written(gate: str, live: AppDatabase) -> None:
    GATES[gate](live)
    content = live.path.read_bytes()
    with pytest.raises(PromotionRefusedError) as refused:
        contracted(live)
    assert refused.value.failures == {gate: 1}
    assert live.path.read_bytes() == content
    assert list(archives(live).iterdir()) == []


def test_without_a_standing_promotion_there_is_nothing_to_contract(live: AppDatabase) -> None:
    live.execute("UPDATE customer_promotions SET undone_at = CURRENT_TIMESTAMP")
    content = live.path.read_bytes()
    with pytest.raises(CoccinelleError, match="has no promoted customers: run `coccinelle migrate"):
        contracted(live)
    assert live.path.read_bytes() == content


def test_details_go_links_become_strict_and_all_else_stays(live: AppDatabase) -> None:
    before = {table: columns(live, table) for table in ("appointments", "omni_conversations")}
    objects = database_state(live.path).objects
    numbered = 'SELECT rowid, id, shouted, "odd name" FROM appointments ORDER BY rowid'
    rows = live.rows(numbered)
    done = contracted(live)
    assert done.rows == {"appointments": 8, "omni_conversations": 2}
    assert sorted(done.dropped_indexes) == DROPPED
    for table, names in before.items():
        left = [name for name in names if name not in DETAILS | {"customer_id"}]
        assert columns(live, table) == [*left, "customer_id"]
    assert live.rows(numbered) == rows
    changed = {("table", "appointments"), ("table", "omni_conversations")}
    gone = {(kind, name) for kind, name, *_ in objects - database_state(live.path).objects}
    assert gone == changed | {("index", name) for name in DROPPED}
    assert live.rows("PRAGMA foreign_key_check") == []
    assert live.rows("PRAGMA integrity_check") == [("ok",)]
    (definition,) = live.rows("SELECT sql FROM sqlite_master WHERE name = 'appointments'")
    for text in ("-- ids of the calendar", "DEFAULT 'it''s new'", "ON DELETE SET NULL", "ends"):
        assert text in definition[0]
    assert holds(live.path)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"customer_id": None}, "NOT NULL constraint failed: appointments.customer_id"),
        ({"customer_id": "nobody"}, "FOREIGN KEY constraint failed"),
        ({"duration_minutes": 0}, "CHECK constraint failed: duration_minutes > 0"),
        ({"status": "NEVER"}, "CHECK constraint failed: ends"),
        ({"notes": 0}, "UNIQUE constraint failed: appointments.tenant_id"),
        ({"id": "V1"}, "UNIQUE constraint failed: appointments.id"),
    ],
)
def test_constraints_hold_after_a_contraction(
    row: dict[str, object], reason: str, promoted: Path, tmp_path: Path
) -> None:
    app = AppDatabase(tmp_path / "app.db")
    shutil.copyfile(promoted, app.path)
    contracted(app)
    known = {"id": "new", "tenant_id": "t1", "customer_id": app.links()["v1"]} | row
    with closing(app.connect()) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        marks = ", ".join("?" * len(known))
        with pytest.raises(sqlite3.IntegrityError) as failed:
            connection.execute(
                f"INSERT INTO appointments ({', '.join(known)}) VALUES ({marks})",
                tuple(known.values()),
            )
    assert reason in str(failed.value)


def test_an_undone_contraction_gives_back_columns_values_types_and_indexes(
    live: AppDatabase,
) -> None:
    before = database_state(live.path)
    numbered = "SELECT rowid, id FROM appointments ORDER BY rowid"
    numbers = live.rows(numbered)
    contracted(live)
    done = rolled_back(live, to_previous=True)
    assert done.undone == "contraction"
    assert done.counts == {
        "appointments_details_restored": 8,
        "omni_conversations_details_restored": 2,
    }
    assert database_state(live.path) == before
    assert live.rows(numbered) == numbers
    contracted(live)
    assert columns(live, "appointments")[-1] == "customer_id"


def test_rows_written_after_a_contraction_get_the_details_of_their_customer(
    live: AppDatabase,
) -> None:
    contracted(live)
    jean, anne = live.links()["v1"], live.links()["w1"]
    live.appointment(id="late", customer_id=jean, notes="kept")
    live.conversation(id="later", customer_id=anne, status="open")
    live.execute("DELETE FROM appointments WHERE id = 'odd0'")
    live.execute("UPDATE appointments SET status = 'moved' WHERE id = 'odd1'")
    rolled_back(live)
    details = "SELECT customer_name, customer_email, customer_phone"
    assert live.rows(f"{details}, notes FROM appointments WHERE id = 'late'") == [
        ("Jean Dupont", "jean@ex.fr", "+33611478293", "kept")
    ]
    assert live.rows(f"{details}, status FROM omni_conversations WHERE id = 'later'") == [
        ("Anne Morel", "anne@lilas.fr", None, "open")
    ]
    assert live.rows("SELECT id FROM appointments WHERE id = 'odd0'") == []
    assert live.rows("SELECT status FROM appointments WHERE id = 'odd1'") == [("moved",)]


def test_columns_and_indexes_that_came_after_a_contraction_stay(live: AppDatabase) -> None:
    contracted(live)
    live.execute("ALTER TABLE appointments ADD COLUMN room TEXT COLLATE NOCASE DEFAULT 'a, b'")
    live.execute("ALTER TABLE appointments ADD COLUMN seats INTEGER NOT NULL DEFAULT 2")
    live.execute("CREATE INDEX app_room ON appointments (room)")
    live.execute("UPDATE appointments SET room = 'Salle 1' WHERE id = 'v1'")
    rolled_back(live)
    assert columns(live, "appointments")[-2:] == ["room", "seats"]
    query = "SELECT room, seats, customer_phone FROM appointments WHERE room = 'SALLE 1'"
    assert live.rows(query) == [("Salle 1", 2, "06 11 47 82 93")]
    (definition,) = live.rows("SELECT sql FROM sqlite_master WHERE name = 'appointments'")
    assert "room TEXT COLLATE NOCASE DEFAULT 'a, b'" in definition[0]
    assert ("app_room",) in live.rows("SELECT name FROM sqlite_master WHERE type = 'index'")


def test_a_table_that_the_application_changed_otherwise_is_left_alone(live: AppDatabase) -> None:
    contracted(live)
    live.execute("ALTER TABLE appointments DROP COLUMN duration_minutes")
    content = live.path.read_bytes()
    with pytest.raises(CoccinelleError, match="changed the definition of appointments"):
        rolled_back(live)
    assert live.path.read_bytes() == content


@pytest.mark.parametrize(
    ("definition", "name"),
    [
        ("CREATE VIEW app_mails AS SELECT customer_email FROM appointments", "app_mails"),
        (
            "CREATE TRIGGER app_mail_log AFTER UPDATE ON omni_conversations"
            " BEGIN UPDATE omni_conversations SET status = NEW.customer_name; END",
            "app_mail_log",
        ),
        (
            'CREATE TRIGGER app_renamed AFTER UPDATE OF status, "customer_name" ON appointments'
            " BEGIN DELETE FROM prospects WHERE id = NEW.id; END",
            "app_renamed",
        ),
    ],
)
def test_a_view_or_trigger_that_names_a_detail_refuses_with_its_name(
    definition: str, name: str, live: AppDatabase
) -> None:
    live.execute(definition)
    content = live.path.read_bytes()
    with pytest.raises(CoccinelleError, match=rf"cannot do without customer_\w+.*{name}"):
        contracted(live)
    assert live.path.read_bytes() == content


def test_rows_without_identity_get_customers_of_their_own_that_a_rollback_takes_back(
    live: AppDatabase,
) -> None:
    live.appointment(id="nobody", notes="no details")
    live.conversation(id="nobody", customer_email="n/a")
    live.insert("customers", {"id": "visitor", "tenant_id": "t1", "source": "anonymous"})
    before = database_state(live.path)
    assert contracted(live, anonymous=True).anonymous_customers == 2
    assert holds(live.path)
    made = live.rows("SELECT id, tags FROM customers WHERE source = 'anonymous' AND tags NOT NULL")
    assert {tags for _, tags in made} == {'["anonymous"]'}
    linked = live.rows("SELECT customer_id FROM appointments WHERE id = 'nobody'")
    assert linked[0][0] in dict(made)
    # The one that the application made stays, and so does an anonymous one that got a name.
    named = live.rows("SELECT customer_id FROM omni_conversations WHERE id = 'nobody'")[0][0]
    live.execute("UPDATE customers SET first_name = 'Zoé' WHERE id = ?", (named,))
    rolled_back(live, to_previous=True)
    assert database_state(live.path).objects == before.objects
    kept = {row[0] for row in live.rows("SELECT id FROM customers")}
    assert kept == {row[0].decode().strip("'") for row in before.rows["customers"]} | {named}
    assert live.rows("SELECT customer_id FROM appointments WHERE id = 'nobody'") == [(None,)]
    assert holds(live.path)


def test_the_pipeline_runs_on_contracted_tables_and_finds_nothing_to_change(
    live: AppDatabase,
) -> None:
    live.appointment(id="nobody")
    pipeline = Pipeline(live.path)
    pipeline.run()
    contracted(live, anonymous=True)
    ignored = ("tags", "updated_at")
    before = database_state(live.path, ignore=ignored).rows
    result = pipeline.run()
    after = database_state(live.path, ignore=ignored).rows
    for table in ("appointments", "omni_conversations", "prospects", "customers"):
        assert after[table] == before[table]
    assert result.counts["changed_customers"] == 1
    tags = "SELECT tags FROM customers WHERE source = 'anonymous'"
    assert live.rows(tags) == [('["anonymous","appointments"]',)]
    assert pipeline.run().rows_written == 0
    assert live.rows("PRAGMA foreign_key_check") == []
    undone = [rolled_back(live, to_previous=True).undone for _ in range(2)]
    assert undone == ["promotion", "contraction"]
    assert live.rows("SELECT customer_email FROM appointments WHERE id = 'odd0'") == [
        ("odd0@ex.fr",)
    ]


def test_without_its_archive_a_contraction_cannot_be_undone(live: AppDatabase) -> None:
    archive = contracted(live).archive
    archive.unlink()
    content = live.path.read_bytes()
    with pytest.raises(CoccinelleError, match=rf"{archive.name} holds the columns .* put it back"):
        rolled_back(live)
    assert live.path.read_bytes() == content


def test_a_contracted_database_is_not_contracted_again(live: AppDatabase) -> None:
    contracted(live)
    content = live.path.read_bytes()
    with pytest.raises(CoccinelleError, match="is contracted already"):
        contracted(live)
    assert live.path.read_bytes() == content


def test_numbers_of_deleted_rows_are_not_given_again(app: AppDatabase) -> None:
    app.execute("DROP TABLE omni_conversations")
    app.execute(
        "CREATE TABLE omni_conversations (id INTEGER PRIMARY KEY AUTOINCREMENT, tenant_id TEXT,"
        " customer_phone TEXT, customer_email TEXT, customer_name TEXT, current_channel TEXT,"
        " first_message_at TEXT, last_message_at TEXT)"
    )
    insert = "INSERT INTO omni_conversations (tenant_id, customer_email) VALUES ('t1', 'j@ex.fr')"
    for _ in range(9):
        app.execute(insert)
    app.execute("DELETE FROM omni_conversations WHERE id > 2")
    promote(app)
    install(app)
    contracted(app)
    rolled_back(app)
    app.execute(insert)
    assert app.rows("SELECT max(id) FROM omni_conversations") == [(10,)]
