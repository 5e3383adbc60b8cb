"""The application's triggers while the project writes: what rests, wakes, is rebuilt or refuses."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.changeset.script import write_script
from coccinelle_assets.live.changeset.trial import check_script
from coccinelle_assets.live.sqlite.empty_copy import empty_copy
from coccinelle_assets.live.sqlite.virtual_tables import is_sound
from coccinelle_assets.live.sqlite.watchers import Manner, read_watchers
from coccinelle_assets_tests.changes import add_people, contracted, install, rolled_back
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import JEAN, holds
from coccinelle_assets_tests.pipeline import Pipeline
from coccinelle_assets_tests.schemas.any_schema import KEPT

OWN = (
    "CREATE TABLE customers (id TEXT PRIMARY KEY, tenant_id TEXT, first_name TEXT, last_name TEXT,"
    " email TEXT, phone TEXT, points INTEGER)"
)
SOUND = frozenset({"who"})
# Triggers by what becomes of them.
MANNERS = {
    "CREATE TRIGGER t AFTER UPDATE ON appointments BEGIN INSERT INTO log VALUES (NEW.id); END":
        Manner.RESTS,
    "CREATE TRIGGER t AFTER UPDATE ON appointments BEGIN"
    " INSERT INTO log VALUES (NEW.customer_id); END": Manner.AWAKE,
    "CREATE TRIGGER t AFTER UPDATE ON appointments WHEN NEW.customer_id IS NOT NULL BEGIN"
    " INSERT INTO log VALUES (NEW.id); END": Manner.AWAKE,
    "CREATE TRIGGER t AFTER UPDATE ON appointments BEGIN"
    " UPDATE appointments SET updated_at = 'now' WHERE id = NEW.id; END": Manner.RESTS,
    "CREATE TRIGGER t BEFORE UPDATE ON appointments WHEN NEW.customer_id = '' BEGIN"
    " SELECT RAISE(ABORT, 'no'); END": Manner.RESTS,
    "CREATE TRIGGER t AFTER UPDATE ON customers BEGIN"
    " UPDATE customers SET updated_at = 'now' WHERE id = NEW.id; END": Manner.RESTS,
    "CREATE TRIGGER t AFTER UPDATE ON customers BEGIN"
    " UPDATE customers SET points = length(NEW.email) WHERE id = NEW.id; END": Manner.AWAKE,
    "CREATE TRIGGER t AFTER UPDATE OF points ON customers BEGIN"
    " INSERT INTO log VALUES (NEW.email); END": None,
    "CREATE TRIGGER t AFTER INSERT ON appointments BEGIN INSERT INTO log VALUES (NEW.id); END":
        None,
    "CREATE TRIGGER t AFTER INSERT ON customers BEGIN INSERT INTO log VALUES (NEW.id); END":
        Manner.AWAKE,
    "CREATE TRIGGER t AFTER INSERT ON customers BEGIN"
    " INSERT INTO who (rowid, first_name) VALUES (NEW.rowid, NEW.first_name); END": Manner.REBUILT,
    "CREATE TRIGGER t AFTER DELETE ON customers BEGIN DELETE FROM log WHERE id = OLD.id; END":
        Manner.SPARING,
    "CREATE TRIGGER t AFTER DELETE ON customers BEGIN INSERT INTO log VALUES (OLD.id); END":
        Manner.AWAKE,
    "CREATE TRIGGER t AFTER DELETE ON customers BEGIN"
    " UPDATE appointments SET customer_id = NULL WHERE customer_id = OLD.id; END": Manner.RESTS,
    "CREATE TRIGGER t AFTER DELETE ON customers BEGIN INSERT INTO gone VALUES (OLD.id); END": None,
}  # fmt: skip


@pytest.mark.parametrize("trigger", MANNERS)
def test_what_becomes_of_a_trigger(trigger: str, app: AppDatabase) -> None:
    app.execute(OWN)
    app.execute("ALTER TABLE customers ADD COLUMN updated_at TEXT")
    for column in (
        "status", "source", "tags", "preferred_contact_method", "language", "timezone",
        "total_appointments", "total_conversations", "last_contact_at", "created_at",
    ):  # fmt: skip
        app.execute(f"ALTER TABLE customers ADD COLUMN {column} TEXT")
    app.execute("ALTER TABLE appointments ADD COLUMN customer_id TEXT")
    app.execute("CREATE TABLE log (id TEXT)")
    app.execute("CREATE VIRTUAL TABLE who USING fts5(first_name, content='customers')")
    app.execute(trigger)
    with closing(app.connect()) as connection, empty_copy(connection) as copy:
        watchers = read_watchers(copy, {"t"})
    assert [watcher.manner(watchers, SOUND) for watcher in watchers] == (
        [MANNERS[trigger]] if MANNERS[trigger] else []
    )


def with_own_customers(app: AppDatabase, kept: str) -> None:
    """Customers that are the application's, and what its triggers keep of them."""
    add_people(app)
    app.execute(OWN)
    with closing(app.connect()) as connection:
        connection.executescript(KEPT[kept])
    app.execute("INSERT INTO customers (id, tenant_id, last_name) VALUES ('vip', 't1', 'Roux')")


def same_person(app: AppDatabase) -> None:
    """Jean and Anne turn out to be one, and Zoé is new."""
    app.appointment(customer_email="anne@lilas.fr", customer_phone=JEAN)
    app.conversation(customer_name="Zoé Petit", customer_email="zoe@petit.fr")


def found(app: AppDatabase, word: str) -> list[str]:
    """Last names that the index has under a word."""
    query = "SELECT last_name FROM who WHERE who MATCH ? ORDER BY last_name"
    return [name for (name,) in app.rows(query, (word,))]


def assert_sound(app: AppDatabase) -> None:
    with closing(app.connect()) as connection:
        assert is_sound(connection, "who")


@pytest.mark.parametrize("kept", ["full text", "older full text", "words of its own"])
def test_a_search_over_customers_finds_what_they_are_all_their_life(
    kept: str, app: AppDatabase
) -> None:
    with_own_customers(app, kept)
    pipeline = Pipeline(app.path)
    pipeline.run()
    assert found(app, "anne") == ["Morel"]
    same_person(app)
    assert pipeline.run().merged_customers == 1
    assert found(app, "anne") == []
    assert found(app, "zoé") == ["Petit"]
    assert_sound(app)
    install(app)
    contracted(app, anonymous=True)
    assert_sound(app)
    rolled_back(app)
    assert found(app, "zoé OR jean OR luc") == []
    assert found(app, "roux") == ["Roux"]
    assert_sound(app)
    # Its triggers are there as before.
    app.execute("DELETE FROM customers WHERE id = 'vip'")
    assert found(app, "roux") == []


def test_an_index_that_the_application_made_after_the_first_promotion_is_kept_too(
    app: AppDatabase,
) -> None:
    add_people(app)
    pipeline = Pipeline(app.path)
    pipeline.run()
    with closing(app.connect()) as connection:
        connection.executescript(KEPT["full text"])
        connection.execute("INSERT INTO who (who) VALUES ('rebuild')")
        connection.commit()
    same_person(app)
    pipeline.run()
    assert found(app, "zoé") == ["Petit"]
    assert_sound(app)
    content = app.path.read_bytes()
    with pytest.raises(CoccinelleError, match=r"cannot be rolled back.*trigger who_ai.*who \("):
        rolled_back(app)
    assert app.path.read_bytes() == content


def test_an_index_of_some_rows_alone_is_left_to_its_triggers(app: AppDatabase) -> None:
    with_own_customers(app, "full text")
    # As by a trigger with a condition: the index was never of all rows.
    app.execute("INSERT INTO who (who) VALUES ('delete-all')")
    Pipeline(app.path).run()
    assert found(app, "roux OR anne") == ["Morel", "Roux"]
    assert app.rows("SELECT count(*) FROM customers WHERE last_name = 'Roux'") == [(2,)]


def test_a_table_kept_by_triggers_follows(app: AppDatabase) -> None:
    with_own_customers(app, "table")
    pipeline = Pipeline(app.path)
    pipeline.run()
    same_person(app)
    pipeline.run()
    query = "SELECT first_name, last_name FROM {} ORDER BY 1, 2"
    assert app.rows(query.format("who")) == app.rows(query.format("customers"))
    rolled_back(app)
    assert app.rows(query.format("who")) == [(None, "Roux")]


def test_rows_that_a_trigger_would_delete_with_a_merged_customer_refuse_the_merge(
    app: AppDatabase,
) -> None:
    add_people(app)
    app.execute(OWN)
    app.execute("CREATE TABLE notes (customer TEXT, text TEXT)")
    app.execute(
        "CREATE TRIGGER purge AFTER DELETE ON customers BEGIN"
        " DELETE FROM notes WHERE customer = OLD.id; END"
    )
    pipeline = Pipeline(app.path)
    pipeline.run()
    (anne,) = app.rows("SELECT id FROM customers WHERE last_name = 'Morel'")
    app.execute("INSERT INTO notes VALUES (?, 'likes lilac')", anne)
    same_person(app)
    content = app.path.read_bytes()
    with pytest.raises(CoccinelleError, match="trigger purge would delete rows of notes"):
        pipeline.run()
    assert app.path.read_bytes() == content
    app.execute("UPDATE notes SET customer = 'vip'")
    assert pipeline.run().merged_customers == 1
    assert app.rows("SELECT * FROM notes") == [("vip", "likes lilac")]
    assert holds(app.path)


@pytest.mark.parametrize(
    ("key", "refuses"),
    [
        ("who TEXT REFERENCES customers", True),
        ("tenant TEXT, who TEXT, FOREIGN KEY (tenant, who) REFERENCES customers", True),
        (
            "tenant TEXT, who TEXT, FOREIGN KEY (who, tenant) REFERENCES customers (id, tenant_id)",
            True,
        ),
        ("who TEXT REFERENCES customers (code)", False),
    ],
)
def test_rows_that_refer_to_a_merged_customer_by_any_key_refuse_the_merge(
    key: str, refuses: bool, app: AppDatabase
) -> None:
    add_people(app)
    primary = "tenant_id, id" if "tenant TEXT" in key else "id"
    app.execute(
        "CREATE TABLE customers (id TEXT, tenant_id TEXT, last_name TEXT, email TEXT, phone TEXT,"
        f" PRIMARY KEY ({primary}))"
    )
    pipeline = Pipeline(app.path)
    pipeline.run()
    app.execute(f"CREATE TABLE orders ({key})")
    (anne,) = app.rows("SELECT id, tenant_id FROM customers WHERE last_name = 'Morel'")
    row = {"who": anne[0]} | ({"tenant": anne[1]} if "tenant TEXT" in key else {})
    app.insert("orders", row)
    same_person(app)
    content = app.path.read_bytes()
    if refuses:
        with pytest.raises(CoccinelleError, match="table orders refers to a customer"):
            pipeline.run()
        assert app.path.read_bytes() == content
        app.execute("DELETE FROM orders")
    assert pipeline.run().merged_customers == 1


def test_a_search_over_what_a_contraction_drops_refuses_it(app: AppDatabase) -> None:
    add_people(app)
    app.execute("CREATE VIRTUAL TABLE calls USING fts5(customer_name, content='appointments')")
    app.execute("INSERT INTO calls (calls) VALUES ('rebuild')")
    Pipeline(app.path).run()
    install(app)
    content = app.path.read_bytes()
    with pytest.raises(CoccinelleError, match=r"cannot do without customer_name.*calls \(no such"):
        contracted(app, anonymous=True)
    assert app.path.read_bytes() == content
    rolled_back(app)


def scripted(app: AppDatabase, directory: Path) -> str:
    """A run as one SQL file, tried on a copy of the database before it."""
    before, after = directory / "before.sqlite", directory / "after.sqlite"
    before.write_bytes(app.path.read_bytes())
    Pipeline(app.path).run()
    after.write_bytes(app.path.read_bytes())
    script = write_script(before, after, directory / "change.sql", name="promotion")
    check_script(script, before, after)
    trial = directory / "trial.sqlite"
    trial.write_bytes(before.read_bytes())
    with closing(sqlite3.connect(trial)) as connection:
        connection.executescript(script.path.read_text(encoding="utf-8"))
        assert is_sound(connection, "who")
    return script.path.read_text(encoding="utf-8")


def test_a_script_rebuilds_the_index_over_rows_that_it_writes(
    app: AppDatabase, tmp_path: Path
) -> None:
    with_own_customers(app, "full text")
    assert "VALUES ('rebuild')" in scripted(app, tmp_path)


def test_a_script_says_of_a_search_with_rows_of_its_own_that_it_cannot(
    app: AppDatabase, tmp_path: Path
) -> None:
    with_own_customers(app, "words of its own")
    with pytest.raises(CoccinelleError, match="rows of the virtual table who would change"):
        scripted(app, tmp_path)
