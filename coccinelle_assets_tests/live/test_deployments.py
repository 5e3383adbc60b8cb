"""Deployed databases differ: older schemas, columns that are there already, values of any kind."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from coccinelle_assets_tests.changes import contracted, install, rolled_back
from coccinelle_assets_tests.database_state import assert_kept, database_state, values_of
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import JEAN, holds
from coccinelle_assets_tests.pipeline import Pipeline


def migrate_additively(app: AppDatabase) -> None:
    """Run twice: nothing that was there changes, everything holds, the second writes nothing."""
    before = values_of(app.path)
    pipeline = Pipeline(app.path)
    pipeline.run()
    assert_kept(app.path, before)
    assert holds(app.path)
    content = app.path.read_bytes()
    assert pipeline.run().rows_written == 0
    assert app.path.read_bytes() == content


def test_scheduled_at_stands_in_for_appointment_date(app: AppDatabase) -> None:
    app.appointment(customer_email="jean@ex.fr", appointment_date="2025-05-01T08:00:00+02:00")
    app.execute("ALTER TABLE appointments RENAME COLUMN appointment_date TO scheduled_at")
    migrate_additively(app)
    assert app.customers()[0]["last_contact_at"] == "2025-05-01 06:00:00"


def test_an_appointment_that_names_a_prospect_and_nothing_else_is_linked(app: AppDatabase) -> None:
    prospect = app.prospect(first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    appointment = app.appointment(prospect_id=prospect)
    migrate_additively(app)
    assert app.links() == {appointment: app.customers()[0]["id"]}


def test_a_table_without_updated_at_or_with_none_is_read(app: AppDatabase) -> None:
    app.execute("ALTER TABLE prospects DROP COLUMN updated_at")
    app.execute("ALTER TABLE appointments DROP COLUMN prospect_id")
    app.execute("INSERT INTO prospects (id, tenant_id, email) VALUES ('p', 't1', 'jean@ex.fr')")
    app.appointment(id="a", customer_email="jean@ex.fr", updated_at=None, created_at=None)
    migrate_additively(app)
    assert app.links()["a"] == app.customers()[0]["id"]


def test_a_column_named_rowid_is_no_place_of_a_row(app: AppDatabase) -> None:
    app.execute("ALTER TABLE appointments ADD COLUMN RowId TEXT DEFAULT 'same'")
    first = app.appointment(customer_email="jean@ex.fr")
    second = app.appointment(customer_email="luc@roux.fr")
    migrate_additively(app)
    assert len({app.links()[first], app.links()[second]} - {None}) == 2


def test_a_link_the_application_has_set_is_kept(app: AppDatabase) -> None:
    app.execute("CREATE TABLE customers (id TEXT PRIMARY KEY, tenant_id TEXT, email TEXT)")
    app.execute("ALTER TABLE appointments ADD COLUMN customer_id TEXT REFERENCES customers (id)")
    app.insert("customers", {"id": "vip", "tenant_id": "t1", "email": "jean@ex.fr"})
    app.appointment(id="set", customer_id="vip")
    app.appointment(id="open", customer_email="jean@ex.fr")
    Pipeline(app.path).run()
    assert app.links() == {"set": "vip", "open": "vip"}
    assert app.customers()[0]["total_appointments"] == 2


OLDER = {
    "empty": [],
    "full": [
        {"id": "vip", "tenant_id": "t1", "email": "jean@ex.fr", "loyalty": 7},
        {"id": "other", "tenant_id": "t1", "email": "luc@roux.fr", "loyalty": None},
        {"id": "namesake", "tenant_id": "t2", "email": "jean@ex.fr", "loyalty": 1},
    ],
}


@pytest.mark.parametrize("kind", OLDER)
def test_an_older_customers_table_gains_the_plans_columns_and_keeps_its_own(
    kind: str, app: AppDatabase
) -> None:
    app.execute("CREATE TABLE customers (id TEXT, tenant_id TEXT, email TEXT, loyalty INTEGER)")
    for row in OLDER[kind]:
        app.insert("customers", row)
    app.appointment(id="a", customer_email="jean@ex.fr", customer_phone="06 11 47 82 93")
    migrate_additively(app)
    customers = {row["id"]: row for row in app.customers()}
    jean = customers[app.links()["a"]]
    assert (jean["email"], jean["phone"], jean["total_appointments"]) == ("jean@ex.fr", JEAN, 1)
    assert {row["loyalty"] for row in customers.values()} >= {r["loyalty"] for r in OLDER[kind]}
    if OLDER[kind]:
        assert jean["id"] == "vip"
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        app.insert("customers", {"id": "twin", "tenant_id": "t1", "email": "jean@ex.fr"})


def test_a_dangling_link_without_identifiers_is_named_by_the_gate_not_only_by_the_second_lock(
    app: AppDatabase,
) -> None:
    app.execute("ALTER TABLE appointments ADD COLUMN customer_id TEXT")
    app.execute("CREATE TABLE customers (id TEXT PRIMARY KEY, tenant_id TEXT)")
    app.insert("customers", {"id": "vip", "tenant_id": "t1"})
    app.appointment(customer_id="vip")
    app.appointment(id="a", customer_id="nobody")
    pipeline = Pipeline(app.path)
    pipeline.resolve()
    assert failed_gate_checks(pipeline) == {"links_lead_to_customers"}


def failed_gate_checks(pipeline: Pipeline) -> set[str]:
    from coccinelle_assets.checks.results import gate_results
    from coccinelle_assets.predicates.predicate import PREDICATES
    from coccinelle_assets.warehouse.preview import write_gate_statistics, write_link_views

    write_link_views(pipeline.warehouse)
    write_gate_statistics(pipeline.warehouse)
    results = gate_results(
        pipeline.warehouse, "ssot/appointment_links", PREDICATES, pipeline.settings
    )
    return {result.check_name for result in results if not result.passed}


ODD_VALUES = {
    "injection": "x'); DROP TABLE customers; --",
    "quote": 'O\'Brien "Bob"',
    "emoji": "Zoé 🦊 Renard",
    "nbsp": "\u00a0Jean\u00a0Dupont\u202f",
    "zero width": "Je\u200ban",
    "blob": b"\x00\x01binary",
    "invalid utf-8": b"Andr\xe9",
    "integer": 611478293,
    "real": 6.5,
    "null byte": "Jean\x00Dupont",
    "long": "x" * 10_000,
    "empty": "",
    "right to left": "\u202eecnatsni",
    "braces": "{table} $name ?1 :name",
}


def insert_odd(app: AppDatabase, table: str, row: dict[str, object]) -> None:
    """Insert a row; bytes of "invalid utf-8" go in as text that is none."""
    marks = [
        "CAST(? AS TEXT)" if value == ODD_VALUES["invalid utf-8"] else "?" for value in row.values()
    ]
    app.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(marks)})", tuple(row.values())
    )


def test_values_of_every_kind_pass_through_untouched(app: AppDatabase) -> None:
    for number, value in enumerate(ODD_VALUES.values()):
        email = f"person{number}@ex.fr"
        insert_odd(
            app,
            "prospects",
            {"id": f"p{number}", "tenant_id": "t1", "first_name": value, "last_name": value}
            | {"email": email, "phone": value, "source": value, "status": value},
        )
        insert_odd(
            app,
            "appointments",
            {"id": f"a{number}", "tenant_id": "t1", "customer_name": value}
            | {"customer_email": email, "customer_phone": value, "appointment_date": value},
        )
        insert_odd(
            app,
            "omni_conversations",
            {"id": f"c{number}", "tenant_id": "t1", "customer_name": value}
            | {"customer_email": value, "customer_phone": f"+336114{number:05d}"}
            | {"current_channel": value, "created_at": value},
        )
    migrate_additively(app)
    assert None not in app.links().values()
    # The integer is a phone wherever it stands: the conversation's is the prospect's.
    assert app.rows("SELECT COUNT(*) FROM customers")[0][0] == 2 * len(ODD_VALUES) - 1


def test_ids_of_every_kind_are_linked(app: AppDatabase) -> None:
    for number, value in enumerate((7, "it's", "é 🦊", "{id}", "A", "a", " a")):
        app.appointment(id=value, customer_email=f"person{number}@ex.fr")
    migrate_additively(app)
    assert None not in app.links().values()


def test_a_path_with_quotes_spaces_and_accents_works(tmp_path: Path) -> None:
    directory = tmp_path / "l'été à 100% #1?"
    directory.mkdir()
    app = AppDatabase(directory / "base d'essai.db")
    app.prospect(email="jean@ex.fr")
    migrate_additively(app)
    assert len(app.customers()) == 1


def test_the_applications_views_triggers_and_strict_tables_stay(app: AppDatabase) -> None:
    app.execute("CREATE VIEW busy AS SELECT tenant_id, COUNT(*) AS n FROM appointments GROUP BY 1")
    app.execute("CREATE TABLE log (id TEXT)")
    app.execute(
        "CREATE TRIGGER watch AFTER UPDATE OF status ON appointments"
        " BEGIN INSERT INTO log VALUES (NEW.id); END"
    )
    app.appointment(customer_email="jean@ex.fr")
    migrate_additively(app)
    assert app.rows("SELECT COUNT(*) FROM log") == [(0,)]
    assert app.rows("SELECT n FROM busy") == [(1,)]


def test_a_warehouse_of_an_older_version_is_taken_on(app: AppDatabase) -> None:
    app.appointment(customer_email="jean@ex.fr")
    pipeline = Pipeline(app.path)
    pipeline.resolve()
    pipeline.warehouse.execute(
        "CREATE TABLE former AS FROM identity.clusters; DROP VIEW identity.clusters;"
        "CREATE TABLE identity.clusters AS FROM former"
    )
    pipeline.run()
    assert None not in app.links().values()


def test_customers_without_a_key_get_one_that_contracted_tables_can_refer_to(
    app: AppDatabase,
) -> None:
    app.execute(
        "CREATE TABLE customers (id TEXT, tenant_id TEXT NOT NULL, last_name TEXT, email TEXT,"
        " phone TEXT)"
    )
    before = database_state(app.path).objects
    pipeline = Pipeline(app.path, max_customer_drift=1000.0)
    app.appointment(id="a1", customer_email="jean@ex.fr")
    app.conversation(id="c1", customer_phone="06 11 47 82 93")
    pipeline.run()
    install(app)
    contracted(app, anonymous=True)
    app.prospect(id="tie", email="jean@ex.fr", phone="+33611478293")
    assert pipeline.run().counts["merged_customers"] == 1
    assert holds(app.path)
    rolled_back(app)
    assert database_state(app.path).objects == before
