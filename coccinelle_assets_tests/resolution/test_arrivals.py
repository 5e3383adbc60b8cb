"""Records that come in one by one and are resolved by day end as a run alone has them."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from coccinelle_assets.live.database import SqliteDatabase
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets.live.sqlite.schema import read_schema
from coccinelle_assets.live.sqlite.transaction import transaction
from coccinelle_assets.live.verify import verify
from coccinelle_assets.resolution.arrivals import Arrival, Found, link_record, whose
from coccinelle_assets.resolution.one_record import Given, RecordReader
from coccinelle_assets.resolution.tenant_regions import region_of_tenant
from coccinelle_assets.settings import load_settings
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import ANNE, JEAN
from coccinelle_assets_tests.pipeline import Pipeline

TENANTS = ("t1", "t2")
NAMES = (None, "Jean Dupont", "Anne Morel", "jean dupond", "Inconnu", "M. Luc ROUX")
EMAILS = (
    None, "jean@ex.fr", "JEAN@ex.fr ", "anne@lilas.fr", "test@test.fr", "luc@roux.fr; jean@ex.fr",
    "contact@lilas.fr", "own@t1.fr",
)  # fmt: skip
PHONES = (
    None, "0611478293", "+33 6 11 47 82 93", "06 55 44 32 10", "n/a", "01 44 55 66 78",
    "01 44 55 66 78 poste 12", "+32 475 12 34 56", "0475 12 34 56", "02 513 89 40",
)  # fmt: skip
READER = RecordReader(load_settings())


@dataclass(frozen=True)
class Step:
    """What happens: a record comes in, by the face or past it; an old one is edited or deleted; a
    prospect is written; a run promotes in the middle.
    """

    kind: str
    table: str
    tenant: str
    name: str | None
    email: str | None
    phone: str | None
    prospect: int | None
    which: int

    @property
    def details(self) -> dict[str, str | None]:
        return {
            "customer_name": self.name,
            "customer_email": self.email,
            "customer_phone": self.phone,
        }


steps = st.builds(
    Step,
    kind=st.sampled_from(
        (
            "arrives",
            "arrives",
            "arrives",
            "arrives",
            "is written",
            "is edited",
            "is edited",
            "is deleted",
            "prospect",
            "run",
        )
    ),
    table=st.sampled_from(("appointments", "omni_conversations")),
    tenant=st.sampled_from(TENANTS),
    name=st.sampled_from(NAMES),
    email=st.sampled_from(EMAILS),
    phone=st.sampled_from(PHONES),
    prospect=st.none() | st.integers(0, 2),
    which=st.integers(0, 20),
)


def region_of(app: AppDatabase, tenant: str) -> str | None:
    ((phone,),) = app.rows("SELECT phone FROM tenants WHERE id = ?", (tenant,))
    return region_of_tenant(tenant, (), phone, load_settings())


def arrive(app: AppDatabase, table: str, record_id: str, tenant: str) -> Found:
    """Resolve a record that is written, as the face does."""
    with open_live(app.path, 5, writable=True) as live, transaction(live):
        schema = read_schema(live)
        channel = "NULL" if table == "appointments" else "current_channel"
        row = live.execute(
            "SELECT customer_name, customer_email, customer_phone, prospect_id, customer_id,"
            f" {channel} FROM {table} WHERE id = ?",
            (record_id,),
        ).fetchone()
        name, email, phone, prospect_id, previous, channel = row
        arrival = Arrival(
            table,
            record_id,
            whose(live, schema, READER, tenant, region_of(app, tenant)),
            Given(name, email, phone, channel=channel, prospect_id=prospect_id),
        )
        return link_record(live, schema, READER, arrival, previous)


class Twins:
    """Two databases with the same records: `app` resolves by day, `alone` leaves all to the run."""

    def __init__(self, directory: Path) -> None:
        self.app = AppDatabase(directory / "app.db")
        self.app.execute("UPDATE tenants SET email = 'own@t1.fr' WHERE id = 't1'")
        self.app.execute("UPDATE tenants SET phone = '+32 2 513 89 40' WHERE id = 't2'")
        self.app.execute("ALTER TABLE omni_conversations ADD COLUMN prospect_id TEXT")
        self.app.appointment(customer_name="Jean Dupont", customer_email="jean@ex.fr")
        self.app.appointment(customer_name="Anne Morel", customer_phone=ANNE)
        self.app.prospect(id="p0", first_name="Luc", last_name="Roux", email="luc@roux.fr")
        self.app.prospect(id="p1", first_name="Sans", last_name="Rien")
        self.run = Pipeline(self.app.path, max_customer_drift=1000.0)
        self.run.run()
        self.alone = AppDatabase.at(directory / "alone.db")
        shutil.copyfile(self.app.path, self.alone.path)
        # The baseline is in the warehouse: a run of its own, of the same database.
        self.alone_run = Pipeline(self.alone.path, max_customer_drift=1000.0)
        self.copy_schema("live")
        self.app.counter = self.alone.counter = 1000
        self.records: list[tuple[str, str, str]] = []

    def copy_schema(self, schema: str) -> None:
        self.alone_run.warehouse.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        tables = self.run.warehouse.execute(
            "SELECT table_name FROM duckdb_tables() WHERE schema_name = $schema",
            {"schema": schema},
        ).fetchall()
        for (table,) in tables:
            rows = self.run.warehouse.execute(f"SELECT * FROM {schema}.{table}")
            columns = [f'"{column[0]}" VARCHAR' for column in rows.description]
            target = f"{schema}.{table}"
            self.alone_run.warehouse.execute(f"CREATE TABLE {target} ({', '.join(columns)})")
            marks = ", ".join("?" * len(columns))
            for row in rows.fetchall():
                self.alone_run.warehouse.execute(f"INSERT INTO {target} VALUES ({marks})", row)

    def take(self, step: Step) -> None:
        if step.kind == "prospect":
            for app in (self.app, self.alone):
                app.prospect(step.tenant, last_name=step.name, email=step.email, phone=step.phone)
            return
        if step.kind == "run":
            self.run.run()
            self.alone_run.run()
            return
        if step.kind == "is deleted":
            if self.records:
                table, record_id, _ = self.records.pop(step.which % len(self.records))
                for app in (self.app, self.alone):
                    app.execute(f"DELETE FROM {table} WHERE id = ?", (record_id,))
            return
        if step.kind == "is edited":
            if self.records:
                table, record_id, _ = self.records[step.which % len(self.records)]
                assignments = ", ".join(f"{name} = ?" for name in step.details)
                for app in (self.app, self.alone):
                    app.execute(
                        f"UPDATE {table} SET {assignments} WHERE id = ?",
                        (*step.details.values(), record_id),
                    )
            return
        values = step.details
        if step.prospect is not None:
            values |= {"prospect_id": f"p{step.prospect}"}
        for app in (self.app, self.alone):
            write = app.appointment if step.table == "appointments" else app.conversation
            record_id = write(step.tenant, **values)
        self.records.append((step.table, record_id, step.tenant))
        if step.kind == "arrives":
            arrive(self.app, step.table, record_id, step.tenant)


def people(path: Path) -> set[tuple[object, ...]]:
    """Customers by their records, whatever their ids, with everything else that is said of them."""
    with sqlite3.connect(path) as live:
        records = defaultdict(set)
        for table in ("appointments", "omni_conversations"):
            for record_id, customer_id in live.execute(f"SELECT id, customer_id FROM {table}"):
                records[customer_id].add(record_id)
        unlinked = frozenset(records.pop(None, ()))
        rows = live.execute(
            "SELECT id, tenant_id, first_name, last_name, email, phone, status, source, tags,"
            " preferred_contact_method, language, timezone, total_appointments,"
            " total_conversations, last_contact_at FROM customers"
        )
        found = {(frozenset(records[customer_id]), *values) for customer_id, *values in rows}
    # Somebody all of whose records were edited into others stays, without any: once known.
    return {person for person in found if person[0]} | {("unlinked", unlinked)}


# A record that is emptied says nothing any more of what its customer was known by.
EMPTIED = [
    Step("arrives", "appointments", "t1", "Anne Morel", "contact@lilas.fr", "0475123456", None, 2),
    Step("is edited", "omni_conversations", "t2", "jean dupond", None, None, 1, 16),
    Step("arrives", "omni_conversations", "t1", "Inconnu", None, "06 55 44 32 10", None, 5),
    Step("arrives", "omni_conversations", "t1", "M. Luc ROUX", None, "01 44 55 66 78", None, 1),
    Step("arrives", "appointments", "t1", "Anne Morel", "contact@lilas.fr", "n/a", None, 12),
]  # fmt: skip


@settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
    deadline=None,
)
@example(EMPTIED)
@given(st.lists(steps, min_size=1, max_size=10))
def test_records_resolved_by_day_end_as_a_run_alone_has_them(taken: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        twins = Twins(Path(directory))
        for step in taken:
            twins.take(step)
        # A record that the application deletes is counted until a run, unless there are triggers.
        assert verified(twins.app) or any(step.kind == "is deleted" for step in taken)
        done = twins.run.run()
        twins.alone_run.run()
        by_day, alone = people(twins.app.path), people(twins.alone.path)
        assert by_day - alone == alone - by_day
        assert verified(twins.app)
        left = twins.app.rows("SELECT id FROM customer_arrivals")
        assert left == [] or not done.wrote
        again = twins.run.run()
        assert not again.wrote, twins.app.rows("SELECT * FROM customer_identifier_journal")


def test_what_a_merged_customers_row_showed_ties_the_one_that_shows_it_now(
    tmp_path: Path,
) -> None:
    app = AppDatabase(tmp_path / "app.db")
    app.appointment(id="a", customer_email="jean@ex.fr")
    app.appointment(id="b", customer_phone="+32 475 12 34 56")
    pipeline = Pipeline(app.path, max_customer_drift=1000.0)
    pipeline.run()
    # Nothing but the row of the customer that is merged away says the number any more.
    app.execute(
        "UPDATE appointments SET customer_email = 'jean@ex.fr', customer_phone = NULL"
        " WHERE id = 'b'"
    )
    assert pipeline.run().merged_customers == 1
    assert app.rows("SELECT email, phone FROM customers") == [("jean@ex.fr", "+32475123456")]
    query = "SELECT kind, value FROM customer_identifiers ORDER BY kind"
    wanted = [("email", "jean@ex.fr"), ("phone", "+32475123456")]
    assert app.rows(query) == wanted
    assert not pipeline.run().wrote
    assert app.rows(query) == wanted


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(steps.filter(lambda step: step.kind == "arrives"))
def test_who_comes_for_the_first_time_is_as_a_run_would_have_it(step: Step) -> None:
    with tempfile.TemporaryDirectory() as directory:
        twins = Twins(Path(directory))
        twins.take(step)
        there = {row[0] for row in twins.alone.rows("SELECT id FROM customers")}
        query = "SELECT * FROM customers ORDER BY id"
        made = [row for row in twins.app.rows(query) if row[0] not in there]
        done = twins.run.run()
        assert done.new_customers == 0
        assert [row for row in twins.app.rows(query) if row[0] not in there] == made


def verified(app: AppDatabase) -> bool:
    return verify(SqliteDatabase(app.path, 5)).holds


texts = st.sampled_from((*NAMES, "DUPONT Jean", "Élodie Ñandú", "J.P. Martin", "o'Brien-Łuk 2"))


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(
        st.tuples(texts, st.sampled_from(EMAILS), st.sampled_from(PHONES)), min_size=1, max_size=12
    ),
    st.sampled_from(({}, {"same_mailbox": False, "default_region": "BE"})),
)
def test_one_record_is_read_as_a_run_reads_all(
    rows: list[tuple[str | None, ...]], rules: dict[str, object]
) -> None:
    reader = RecordReader(load_settings(**rules))
    with tempfile.TemporaryDirectory() as directory:
        app = AppDatabase(Path(directory) / "app.db")
        for name, email, phone in rows:
            app.appointment(customer_name=name, customer_email=email, customer_phone=phone)
        pipeline = Pipeline(app.path, **rules)
        pipeline.resolve()
        contacts = pipeline.warehouse.execute(
            "SELECT raw_email, raw_phone, first_name, last_name, COALESCE(person, ''), record_no"
            " FROM identity.contacts ORDER BY record_no"
        ).fetchall()
        names = dict(enumerate(rows, start=1))
        for raw_email, raw_phone, first, last, person, number in contacts:
            read = reader.read(Given(names[number][0], raw_email, raw_phone))
            assert (read.first_name, read.last_name, read.key) == (first, last, person)
            found = {(detail.kind, detail.tie) for detail in read.details}
            rejected = {(item.kind, item.value) for item in read.rejected}
            known = held(pipeline.warehouse, number)
            assert found <= known <= found | rejected


def held(warehouse: duckdb.DuckDBPyConnection, number: int) -> set[tuple[str, str]]:
    return set(
        warehouse.execute(
            "SELECT kind, value FROM identity.holders WHERE record_no = $number",
            {"number": number},
        ).fetchall()
    )


@pytest.fixture
def app(tmp_path: Path) -> AppDatabase:
    return Twins(tmp_path).app


def test_who_is_known_is_found_and_who_is_not_is_created(app: AppDatabase) -> None:
    (known,) = app.rows("SELECT id FROM customers WHERE email = 'jean@ex.fr'")
    first = app.appointment(customer_email="Jean@EX.fr", customer_phone="0611478293")
    assert arrive(app, "appointments", first, "t1").customer_id == known[0]
    # By what the record before taught.
    second = app.conversation(customer_phone=JEAN)
    assert arrive(app, "omni_conversations", second, "t1").customer_id == known[0]
    other = app.conversation("t2", customer_phone=JEAN)
    found = arrive(app, "omni_conversations", other, "t2")
    assert found.created
    assert app.rows(
        "SELECT tenant_id, phone, status, source, total_conversations FROM customers WHERE id = ?",
        (found.customer_id,),
    ) == [("t2", JEAN, "customer", "voice", 1)]
    nobody = app.appointment(customer_name="Jean Dupont", customer_email="own@t1.fr")
    unknown = arrive(app, "appointments", nobody, "t1")
    assert unknown.customer_id is None
    assert [item.reason for item in unknown.rejected] == ["business_own"]


def test_two_customers_who_turn_out_to_be_one_wait_for_the_run(app: AppDatabase) -> None:
    ids = [row[0] for row in app.rows("SELECT id FROM customers ORDER BY created_at LIMIT 2")]
    record = app.appointment(customer_email="jean@ex.fr", customer_phone=ANNE)
    found = arrive(app, "appointments", record, "t1")
    assert found.candidates == tuple(ids)
    assert not found.created
    assert len(app.rows("SELECT id FROM customers WHERE id IN (?, ?)", tuple(ids))) == 2
