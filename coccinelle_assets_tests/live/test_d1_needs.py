"""Which tables and columns of a D1 database a change has to see, told from its schema alone."""

from __future__ import annotations

from contextlib import closing

import pytest

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.d1.needs import Needs, rows_for_changes
from coccinelle_assets.live.sqlite.empty_copy import empty_copy
from coccinelle_assets_tests.databases import AppDatabase

# It stays awake: it keeps something of what is written.
AWAKE = "CREATE TRIGGER t AFTER UPDATE ON appointments WHEN NEW.customer_id IS NOT NULL BEGIN"


def needs(app: AppDatabase, *statements: str) -> Needs:
    for statement in statements:
        app.execute(statement)
    with closing(app.connect()) as connection, empty_copy(connection) as empty:
        return rows_for_changes(empty)


@pytest.fixture
def linked(app: AppDatabase) -> AppDatabase:
    app.execute("ALTER TABLE appointments ADD COLUMN customer_id TEXT")
    app.execute("ALTER TABLE appointments ADD COLUMN version INTEGER")
    app.execute("CREATE TABLE log (what TEXT)")
    app.execute("CREATE TABLE counts (n INTEGER)")
    app.execute("CREATE TABLE sessions (token TEXT)")
    return app


def test_what_nobody_asks_for_is_not_read(linked: AppDatabase) -> None:
    found = needs(linked)
    assert found.keys() == {
        "prospects", "appointments", "omni_conversations", "tenants", "users",
        "commercial_agents", "omni_phone_mappings",
    }  # fmt: skip
    assert {"id", "customer_id", "customer_email"} <= found["appointments"]
    assert not {"notes", "version", "status"} & found["appointments"]
    assert found["tenants"] == {"id", "email", "phone"}


def test_columns_that_a_trigger_writes_are_seen(linked: AppDatabase) -> None:
    trigger = f"{AWAKE} UPDATE appointments SET notes = NEW.customer_id WHERE id = NEW.id; END"
    assert "notes" in needs(linked, trigger)["appointments"]


def test_what_a_triggers_rows_set_off_is_seen(linked: AppDatabase) -> None:
    found = needs(
        linked,
        f"{AWAKE} INSERT INTO log VALUES (NEW.customer_id); END",
        "CREATE TRIGGER u AFTER INSERT ON log BEGIN UPDATE counts SET n = n + 1; END",
    )
    assert {"log", "counts"} <= found.keys()


def test_a_log_of_a_trigger_that_rests_is_not_read(linked: AppDatabase) -> None:
    resting = "CREATE TRIGGER t AFTER UPDATE ON appointments BEGIN INSERT INTO log VALUES (1); END"
    assert "log" not in needs(linked, resting)


def test_parents_and_children_are_seen_by_their_keys(linked: AppDatabase) -> None:
    found = needs(
        linked,
        "CREATE TABLE rooms (id TEXT PRIMARY KEY, photo TEXT)",
        "ALTER TABLE appointments ADD COLUMN room TEXT REFERENCES rooms (id)",
        "CREATE TABLE customers (id TEXT PRIMARY KEY, tenant_id TEXT, notes TEXT)",
        "CREATE TABLE orders (n INTEGER PRIMARY KEY, buyer TEXT REFERENCES customers, what TEXT)",
    )
    assert found["rooms"] == {"id"}
    assert found["orders"] == {"n", "buyer"}
    assert found["customers"] == {"id", "tenant_id", "notes"}


def test_an_index_that_tells_no_rows_is_refused_by_name(linked: AppDatabase) -> None:
    with pytest.raises(CoccinelleError, match="virtual table words, which the trigger t keeps"):
        needs(
            linked,
            "CREATE VIRTUAL TABLE words USING fts5(word, content='')",
            f"{AWAKE} INSERT INTO words (word) VALUES (NEW.customer_id); END",
        )
