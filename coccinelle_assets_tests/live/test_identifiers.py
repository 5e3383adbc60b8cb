"""customer_identifiers: what every customer is known by, through the life of a database."""

from __future__ import annotations

from coccinelle_assets_tests.changes import contracted, install, rolled_back
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import ANNE, JEAN, holds
from coccinelle_assets_tests.pipeline import Pipeline

Known = dict[tuple[str, str], str]


def known(app: AppDatabase, tenant: str = "t1") -> Known:
    """Whose each usable identifier of a tenant is, by the customer's e-mail or phone."""
    rows = app.rows(
        "SELECT i.kind, i.value, COALESCE(c.email, c.phone, c.id)"
        " FROM customer_identifiers AS i JOIN customers AS c ON c.id = i.customer_id"
        " WHERE i.tenant_id = ? AND i.usable = 1",
        (tenant,),
    )
    return {(kind, value): customer for kind, value, customer in rows}


def of_nobody(app: AppDatabase) -> set[tuple[str, str, str]]:
    rows = app.rows("SELECT kind, value, reason FROM customer_identifiers WHERE customer_id = ''")
    return {(kind, value, reason) for kind, value, reason in rows}


def test_every_identifier_is_there_not_only_what_the_row_shows(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    small.appointment(customer_phone=JEAN, customer_email="jean.pro@ex.fr; j.d@gmail.com")
    small.prospect(id="bare", first_name="Nadia", last_name="Kaci")
    small.appointment(id="of-bare", prospect_id="bare")
    pipeline.run()
    (bare,) = small.rows("SELECT customer_id FROM appointments WHERE id = 'of-bare'")[0]
    # A prospect's e-mail is the one that the row shows.
    assert known(small) == {
        ("email", "jean@ex.fr"): "jean@ex.fr",
        ("email", "jean.pro@ex.fr"): "jean@ex.fr",
        ("email", "jd@gmail.com"): "jean@ex.fr",
        ("phone", JEAN): "jean@ex.fr",
        ("email", "anne@lilas.fr"): "anne@lilas.fr",
        ("prospect_id", "bare"): bare,
    }


def test_what_ties_nobody_is_there_with_its_reason(small: AppDatabase, pipeline: Pipeline) -> None:
    small.execute("UPDATE tenants SET email = 'salon@t1.fr' WHERE id = 't1'")
    for number in range(7):
        small.appointment(customer_name=f"{'abcdefg'[number] * 4} Durand", customer_phone=ANNE)
    pipeline.run()
    assert of_nobody(small) == {("email", "salon@t1.fr", "business_own"), ("phone", ANNE, "shared")}


def test_a_run_that_changes_nothing_leaves_them_alone(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run()
    before = small.rows("SELECT * FROM customer_identifiers")
    assert not pipeline.run().wrote
    assert small.rows("SELECT * FROM customer_identifiers") == before


def test_undoing_the_last_promotion_gives_them_back(small: AppDatabase, pipeline: Pipeline) -> None:
    pipeline.run()
    before = small.rows("SELECT * FROM customer_identifiers")
    small.appointment(customer_phone=JEAN, customer_email="anne@lilas.fr")
    small.appointment(customer_email="luc@roux.fr")
    small.execute("UPDATE prospects SET email = 'autre@ex.fr' WHERE id = 'jean'")
    assert pipeline.run().identifiers_written > 0
    assert small.rows("SELECT * FROM customer_identifiers") != before
    rolled_back(small, to_previous=True)
    assert small.rows("SELECT * FROM customer_identifiers") == before
    assert holds(small.path)


def test_a_database_promoted_before_they_were_kept_gets_them(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run()
    there = small.rows("SELECT * FROM customer_identifiers")
    for table in ("customer_identifiers", "customer_identifier_journal", "customer_arrivals"):
        small.execute(f"DROP TABLE {table}")
    publication = pipeline.run()
    assert (publication.rows_written, publication.identifiers_written) == (0, len(there))
    assert small.rows("SELECT * FROM customer_identifiers") == there
    rolled_back(small)
    assert small.rows("SELECT name FROM sqlite_master WHERE name LIKE 'customer%'") == []


def test_one_that_somebody_wrote_by_hand_is_taken_off(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run()
    small.execute(
        "INSERT INTO customer_identifiers SELECT tenant_id, kind, value, 'cust_other', 1, NULL"
        " FROM customer_identifiers WHERE kind = 'phone'"
    )
    assert not holds(small.path)
    pipeline.run()
    assert holds(small.path)


def test_a_wave_leaves_other_tenants_alone(small: AppDatabase, pipeline: Pipeline) -> None:
    small.appointment("t2", customer_email="luc@roux.fr")
    pipeline.run()
    small.appointment("t1", customer_email="neuf@ex.fr")
    small.appointment("t2", customer_email="autre@ex.fr")
    pipeline.run(tenants=["t1"])
    assert ("email", "neuf@ex.fr") in known(small)
    assert set(known(small, "t2")) == {("email", "luc@roux.fr")}


def test_after_a_contraction_nothing_is_forgotten(small: AppDatabase, pipeline: Pipeline) -> None:
    small.appointment(customer_phone=JEAN, customer_email="jean.pro@ex.fr")
    pipeline.run()
    before = known(small)
    install(small)
    contracted(small)
    pipeline.run()
    assert known(small) == before
    assert holds(small.path)


def test_a_number_known_with_an_extension_ties_nobody_without_it_in_any_run(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    small.appointment(id="twelve", customer_phone="01 44 55 66 78 poste 12")
    pipeline.run()
    small.appointment(id="bare", customer_phone="01 44 55 66 78")
    pipeline.run()
    pipeline.run()
    twelve, bare = (
        small.rows("SELECT customer_id FROM appointments WHERE id = ?", (name,))[0][0]
        for name in ("twelve", "bare")
    )
    assert twelve != bare


def test_text_that_is_no_utf8_in_a_table_without_rowid_stops_nothing(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.run()
    small.execute(
        "UPDATE customer_identifiers SET value = CAST(x'ff41' AS TEXT), reason ="
        " CAST(x'ff42' AS TEXT) WHERE kind = 'email' AND value = 'jean@ex.fr'"
    )
    pipeline.run()
    found = "SELECT usable FROM customer_identifiers WHERE value = 'jean@ex.fr'"
    assert small.rows(found) == [(1,)]
    assert holds(small.path)
