"""What is refused by name before anything is resolved, with the file as it was."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.tables import COMPANION_TABLES
from coccinelle_assets_tests.changes import add_people, contracted, install, rolled_back
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import JEAN, holds
from coccinelle_assets_tests.pipeline import Pipeline

OWN = "id TEXT PRIMARY KEY, tenant_id TEXT, email TEXT, phone TEXT"
# Definitions of a customers table of the application's own, and what is said of each.
FORBIDDEN_CUSTOMERS = {
    f"id INTEGER PRIMARY KEY, {OWN.partition(', ')[2]}": "customers.id INTEGER PRIMARY KEY",
    f"{OWN} NOT NULL": "NOT NULL constraint failed: customers.phone",
    f"{OWN}, status TEXT CHECK (status = 'gold')": "CHECK constraint failed: status = 'gold'",
    f"{OWN}, loyalty TEXT NOT NULL": "NOT NULL constraint failed: customers.loyalty",
    f"{OWN}, UNIQUE (email)": "another tenant .* UNIQUE constraint failed: customers.email",
    f"{OWN}, UNIQUE (phone)": "another tenant .* UNIQUE constraint failed: customers.phone",
    f"{OWN}, last_name TEXT, UNIQUE (tenant_id, last_name)": "a second customer of one name",
    f"{OWN}, first_name TEXT AS (lower(email))": "first_name is a generated column",
    f"{OWN}, first_name TEXT CHECK (plain(first_name) <> '')": "function plain, which only the",
    f"{OWN}, first_name TEXT COLLATE french": "collation sequence french, which only the",
}
# Links that are none, and what is said of each.
OTHER_LINKS = {
    "customer_id INTEGER REFERENCES clients": "refers to clients by a foreign key",
    "customer_id TEXT REFERENCES customers (email)": r"refers to customers \(email\)",
    "customer_id TEXT AS (lower(customer_email))": "is a generated column",
    "customer_id TEXT CHECK (customer_id LIKE 'cus~_%' ESCAPE '~')": "does not take the id of a",
}


def taught(app: AppDatabase, script: str) -> None:
    """Run SQL as the application does, whose connections know more than ours."""
    with closing(app.connect()) as connection:
        connection.create_collation("french", lambda one, other: (one > other) - (one < other))
        connection.create_function("plain", 1, lambda text: text, deterministic=True)
        connection.executescript(script)


def assert_refused(app: AppDatabase, said: str) -> None:
    content = app.path.read_bytes()
    pipeline = Pipeline(app.path)
    with pytest.raises(CoccinelleError, match=said):
        pipeline.run()
    assert app.path.read_bytes() == content
    tables = "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'identity'"
    assert pipeline.warehouse.execute(tables).fetchone() == (0,)


@pytest.mark.parametrize("definition", FORBIDDEN_CUSTOMERS)
def test_a_customers_table_that_cannot_take_ours_is_told_its_rule(
    definition: str, app: AppDatabase
) -> None:
    add_people(app)
    taught(app, f"CREATE TABLE customers ({definition})")
    assert_refused(app, f"customers.*{FORBIDDEN_CUSTOMERS[definition]}")


def test_a_rule_that_only_some_values_break_is_told_when_they_do(app: AppDatabase) -> None:
    add_people(app)
    app.execute(f"CREATE TABLE customers ({OWN}, CHECK (email <> 'luc@roux.fr'))")
    content = app.path.read_bytes()
    with pytest.raises(CoccinelleError, match="a customer of this run: CHECK constraint failed"):
        Pipeline(app.path).run()
    assert app.path.read_bytes() == content


@pytest.mark.parametrize("column", OTHER_LINKS)
def test_a_customer_id_that_is_no_link_is_told(column: str, app: AppDatabase) -> None:
    add_people(app)
    app.execute("CREATE TABLE clients (id INTEGER PRIMARY KEY)")
    app.execute(f"ALTER TABLE appointments ADD COLUMN {column}")
    assert_refused(app, f"appointments.customer_id {OTHER_LINKS[column]}")


def test_a_customer_id_whose_values_name_no_customer_is_told(app: AppDatabase) -> None:
    app.execute("ALTER TABLE appointments ADD COLUMN customer_id TEXT")
    app.appointment(customer_email="jean@ex.fr", customer_id="cus_9s8d7f")
    assert_refused(app, "holds 1 values, such as 'cus_9s8d7f', and none of them names a customer")


def test_a_value_among_links_that_names_no_customer_is_never_written_over(
    app: AppDatabase,
) -> None:
    add_people(app)
    pipeline = Pipeline(app.path)
    pipeline.run()
    app.execute("UPDATE appointments SET customer_id = 'cus_9s8d7f' WHERE id = 'v1'")
    content = app.path.read_bytes()
    with pytest.raises(CoccinelleError, match=r"links_lead_to_customers \(1 rows\)"):
        pipeline.run()
    assert app.path.read_bytes() == content
    # An id that only promotions give names a customer, also one that nobody knows any more.
    app.execute("UPDATE appointments SET customer_id = ? WHERE id = 'v1'", ("cust_" + "0a" * 10,))
    pipeline.run()
    assert app.links()["v1"] == app.links()["v2"]


@pytest.mark.parametrize("name", ["appointments", "prospects", "customers"])
@pytest.mark.parametrize("kind", ["view", "virtual table"])
def test_what_stands_in_the_place_of_a_table_is_told(
    name: str, kind: str, app: AppDatabase
) -> None:
    if name != "customers":
        app.execute(f"ALTER TABLE {name} RENAME TO other")
    using = "VIEW {} AS SELECT 1 AS id" if kind == "view" else "VIRTUAL TABLE {} USING fts5(id)"
    app.execute(f"CREATE {using.format(name)}")
    assert_refused(app, f"{name} is a {kind}")


@pytest.mark.parametrize("name", COMPANION_TABLES)
@pytest.mark.parametrize("kind", ["TABLE {} (a TEXT)", "VIEW {} AS SELECT 1 AS a"])
def test_what_has_a_name_that_we_need_is_told(name: str, kind: str, app: AppDatabase) -> None:
    app.execute(f"CREATE {kind.format(name)}")
    assert_refused(app, rf"{name}( is a view|, a name that|.* has no column)")


def test_a_trigger_of_our_name_elsewhere_is_told(app: AppDatabase) -> None:
    add_people(app)
    pipeline = Pipeline(app.path)
    pipeline.run()
    theirs = "CREATE TRIGGER trg_appointments_insert AFTER INSERT ON prospects BEGIN SELECT 1; END"
    app.execute(theirs)
    with pytest.raises(CoccinelleError, match="trigger trg_appointments_insert, a name that"):
        pipeline.run()
    with pytest.raises(CoccinelleError, match="trigger trg_appointments_insert already exists"):
        install(app)
    rolled_back(app)
    assert (theirs,) in app.rows("SELECT sql FROM sqlite_master WHERE type = 'trigger'")


def test_a_database_in_utf_16_is_refused(app: AppDatabase) -> None:
    with closing(app.connect()) as connection:
        script = "\n".join(connection.iterdump())
    app.path.unlink()
    with closing(app.connect()) as connection:
        connection.execute("PRAGMA encoding = 'UTF-16'")
        connection.executescript(script)
    assert_refused(app, "holds its text as UTF-16le, and only databases in UTF-8")


def test_a_way_back_that_does_not_exist_is_told_before_the_first_promotion(
    app: AppDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_people(app)
    # A fault of ours, as a rollback that forgets an index would be.
    monkeypatch.setattr("coccinelle_assets.live.rollback.rollback._drop", lambda *_: None)
    app.execute(f"CREATE TABLE customers ({OWN})")
    assert_refused(app, "a migration could not be taken back: .*idx_appointments_customer")


# What a new column of a table would break.
COUNTED = {
    "view everything": "CREATE VIEW everything AS SELECT * FROM appointments"
    " UNION ALL SELECT * FROM archive",
    "trigger bury": "CREATE TRIGGER bury AFTER DELETE ON appointments BEGIN"
    " INSERT INTO archive SELECT * FROM appointments; END",
}


@pytest.mark.parametrize("name", COUNTED)
def test_what_counts_on_the_columns_as_they_are_is_told(name: str, app: AppDatabase) -> None:
    add_people(app)
    app.execute("CREATE TABLE archive AS SELECT * FROM appointments")
    app.execute(COUNTED[name])
    assert_refused(app, f"cannot be migrated: .*would no longer work: {name.split()[1]} ")


# Where a real database has long been broken, or knows what this SQLite does not.
ODD = {
    "a view over nothing": "CREATE VIEW lost AS SELECT a.id, b.x FROM appointments AS a, gone AS b",
    "a trigger into nothing": "CREATE TRIGGER lost AFTER DELETE ON omni_conversations"
    " WHEN OLD.status = 'never' BEGIN INSERT INTO gone VALUES (1); END",
    "an order of the application's": "CREATE TABLE words (w TEXT COLLATE french);"
    " CREATE INDEX by_word ON words (w)",
    "a function of the application's": "CREATE TABLE words (w TEXT CHECK (plain(w) <> ''));"
    " CREATE INDEX by_word ON words (plain(w))",
    "a foreign key to no key": "CREATE TABLE mother (a TEXT);"
    " CREATE TABLE child (a TEXT REFERENCES mother (a)); INSERT INTO child VALUES ('x')",
    "a module of the application's": "PRAGMA writable_schema = ON; INSERT INTO sqlite_master"
    " (type, name, tbl_name, rootpage, sql) VALUES"
    " ('table', 'vectors', 'vectors', 0, 'CREATE VIRTUAL TABLE vectors USING vec0(v)')",
    "triggers instead of writing": "CREATE VIEW names AS SELECT id, notes FROM appointments;"
    " CREATE TRIGGER rename INSTEAD OF UPDATE ON names BEGIN SELECT 1; END",
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_none_of_our_business_stands_in_no_way(name: str, app: AppDatabase) -> None:
    add_people(app)
    taught(app, ODD[name])
    schema = "SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2"
    before = app.rows(schema)
    pipeline = Pipeline(app.path)
    pipeline.run()
    # Two of them turn out to be one: customers are merged, too.
    app.appointment(id="both", customer_email="anne@lilas.fr", customer_phone=JEAN)
    assert pipeline.run().merged_customers == 1
    assert holds(app.path)
    install(app)
    contracted(app, anonymous=True)
    assert holds(app.path)
    rolled_back(app)
    app.execute("DELETE FROM appointments WHERE id = 'both'")
    assert app.rows(schema) == before


@pytest.mark.parametrize(
    ("index", "needs"),
    [("notes COLLATE french", "collation sequence french"), ("plain(notes)", "function plain")],
)
def test_a_table_that_cannot_be_made_anew_refuses_a_contraction_and_rolls_back(
    index: str, needs: str, app: AppDatabase
) -> None:
    add_people(app)
    taught(app, f"CREATE INDEX theirs ON appointments ({index})")
    Pipeline(app.path).run()
    install(app)
    with pytest.raises(CoccinelleError, match=f"theirs needs the {needs}"):
        contracted(app, anonymous=True)
    rolled_back(app)
    assert "customers" not in {name for (name,) in app.rows("SELECT name FROM sqlite_master")}


def spelled(name: Callable[[str], str]) -> Callable[[str], str]:
    """A definition with its columns and its table spelled in another way."""
    return lambda text: re.sub(
        r"\b(id|tenant_id|email|phone|customer_email|customer_phone|tenants|appointments)\b",
        lambda match: name(match[0]),
        text,
    )


@pytest.mark.parametrize("name", [str.upper, str.title, lambda n: f'"{n.capitalize()}"'])
def test_names_are_compared_as_sqlite_does(name: Callable[[str], str], app: AppDatabase) -> None:
    with closing(app.connect()) as connection:
        for table, sql in connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
        ).fetchall():
            connection.execute(f"DROP TABLE {table}")
            connection.execute(spelled(name)(sql))
        connection.execute("INSERT INTO tenants (id, name, phone) VALUES ('t1', 'a', ?)", (JEAN,))
        connection.commit()
    # The business' own number: two who gave it are strangers.
    app.appointment(id="one", customer_email="a@ex.fr", customer_phone="06 11 47 82 93")
    app.appointment(id="two", customer_email="b@ex.fr", customer_phone="06 11 47 82 93")
    Pipeline(app.path).run()
    assert app.links()["one"] != app.links()["two"]
    assert {row["phone"] for row in app.customers()} == {None}


def test_generated_columns_are_read(app: AppDatabase) -> None:
    (definition,) = app.rows("SELECT sql FROM sqlite_master WHERE name = 'appointments'")
    app.execute("DROP TABLE appointments")
    made = (
        definition[0]
        .replace(
            "customer_email TEXT",
            "given TEXT, customer_email TEXT AS (json_extract(given, '$.email')) STORED",
        )
        .replace("customer_phone TEXT", "customer_phone TEXT AS (json_extract(given, '$.phone'))")
    )
    app.execute(made)
    app.appointment(id="one", given='{"email": "a@ex.fr", "phone": "06 11 47 82 93"}')
    app.appointment(id="two", given='{"phone": "+33611478293"}')
    Pipeline(app.path).run()
    assert app.links()["one"] == app.links()["two"] is not None
    assert [(row["email"], row["phone"]) for row in app.customers()] == [("a@ex.fr", JEAN)]


def test_tenants_may_be_a_view(app: AppDatabase) -> None:
    app.execute("ALTER TABLE tenants RENAME TO everybody")
    app.execute(f"CREATE VIEW tenants AS SELECT id, name, '{JEAN}' AS phone FROM everybody")
    app.appointment(id="one", customer_email="a@ex.fr", customer_phone="06 11 47 82 93")
    app.appointment(id="two", customer_email="b@ex.fr", customer_phone="06 11 47 82 93")
    Pipeline(app.path).run()
    assert app.links()["one"] != app.links()["two"]
    assert app.rows("PRAGMA foreign_key_list(customers)") == []


@pytest.mark.parametrize("tenants", ["id TEXT", "id"])
def test_no_foreign_key_leads_to_tenants_that_have_no_key(tenants: str, app: AppDatabase) -> None:
    app.execute("DROP TABLE tenants")
    key = " PRIMARY KEY" if tenants == "id" else ""
    app.execute(f"CREATE TABLE tenants ({tenants}{key}, name TEXT)")
    app.execute("INSERT INTO tenants VALUES ('t1', 'one'), ('t2', 'two')")
    add_people(app)
    Pipeline(app.path).run()
    with closing(app.connect()) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("UPDATE customers SET tenant_id = tenant_id")


def test_a_database_left_by_a_crash_can_be_read(app: AppDatabase) -> None:
    from coccinelle_assets.live.sqlite.connection import open_live

    add_people(app)
    content = app.path.read_bytes()
    with closing(sqlite3.connect(app.path, isolation_level=None)) as writer:
        writer.execute("PRAGMA cache_size = 1")
        writer.execute("PRAGMA cache_spill = 1")
        writer.execute("BEGIN IMMEDIATE")
        for number in range(2000):
            writer.execute("INSERT INTO users (id, tenant_id) VALUES (?, 't1')", (str(number),))
        journal = app.path.with_name(app.path.name + "-journal")
        crashed, left = app.path.read_bytes(), journal.read_bytes()
        writer.execute("ROLLBACK")
    assert crashed != content
    app.path.write_bytes(crashed)
    journal.write_bytes(left)
    with open_live(app.path, 1) as live:
        assert live.execute("SELECT count(*) FROM users").fetchone() == (0,)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            live.execute("DELETE FROM appointments")


def test_a_link_that_has_to_go_from_a_column_that_takes_no_null_is_told(app: AppDatabase) -> None:
    app.execute("ALTER TABLE appointments ADD COLUMN customer_id TEXT NOT NULL DEFAULT 'nobody'")
    app.execute("CREATE TABLE customers (id TEXT PRIMARY KEY, tenant_id TEXT, email TEXT)")
    app.insert("customers", {"id": "own", "tenant_id": "t1", "email": "jean@ex.fr"})
    app.appointment(id="a1", customer_email="jean@ex.fr", customer_id="own")
    pipeline = Pipeline(app.path, max_customer_drift=1000)
    pipeline.run()
    app.appointment(id="a2", customer_email="jean@ex.fr", customer_id="own")
    app.prospect(email="max@ex.fr")
    pipeline.run()
    app.execute("DELETE FROM customers WHERE id = 'own'")
    app.execute("UPDATE appointments SET customer_email = NULL")
    content = app.path.read_bytes()
    with pytest.raises(CoccinelleError, match=r"appointments\.customer_id is NOT NULL"):
        pipeline.run()
    assert app.path.read_bytes() == content
