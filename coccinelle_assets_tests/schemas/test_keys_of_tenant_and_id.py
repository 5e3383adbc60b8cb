"""Tables whose key is tenant and id, with one id used by two tenants.

The oracle is a twin: the same rows under ids that nobody shares. Its customers, links and whatever
else is written have to be the same, all its life.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from coccinelle_assets.errors import PromotionRefusedError
from coccinelle_assets.live.changeset.script import write_script
from coccinelle_assets.live.changeset.trial import check_script
from coccinelle_assets.live.promotion.plan_file import links_path
from coccinelle_assets_tests.api.server import KEYS, created, serving
from coccinelle_assets_tests.changes import contracted, install, rolled_back
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import JEAN, holds
from coccinelle_assets_tests.pipeline import Pipeline

TABLES = ("prospects", "appointments", "omni_conversations")
OWN_NUMBER = "number INTEGER PRIMARY KEY, UNIQUE"
# By name: type of ids, what follows the table, the two tenants; the key, if it is no primary one.
KEYS_AND_TENANTS: dict[str, Any] = {
    "texts": ("TEXT", "", ("t1", "t2")),
    "beside a number of the row's own": ("TEXT", "", ("t1", "t2"), OWN_NUMBER),
    "numbers": ("INTEGER", "", ("t1", "t2")),
    "no type": ("", "", ("t1", "t2")),
    "without rowid": ("TEXT", "WITHOUT ROWID", ("t1", "t2")),
    "numbers without rowid": ("INTEGER", "WITHOUT ROWID", ("t1", "t2")),
    "tenants with a slash": ("TEXT", "", ("t/1", "t")),
}


class Twins:
    """`app` has tables of tenant and id, where both tenants count from 1; `twin` ids of its own."""

    def __init__(self, directory: Path, kind: str) -> None:
        type_, options, self.tenants, *other = KEYS_AND_TENANTS[kind]
        key = other[0] if other else "PRIMARY KEY"
        self.app = AppDatabase(directory / "app.db", tenants=self.tenants)
        self.twin = AppDatabase(directory / "twin.db", tenants=self.tenants)
        self.pipelines = [
            Pipeline(app.path, max_customer_drift=1000) for app in (self.app, self.twin)
        ]
        for table in TABLES:
            (definition,) = self.app.rows("SELECT sql FROM sqlite_master WHERE name = ?", (table,))[
                0
            ]
            keyed = definition.replace("id TEXT PRIMARY KEY", f"id {type_}", 1).rstrip(")\n")
            self.app.execute(f"DROP TABLE {table}")
            self.app.execute(f"{keyed}, {key} (tenant_id, id)) {options}")

    def key(self, tenant: int, number: int) -> str:
        return f"{self.tenants[tenant].replace('/', '%2F')}/{number}"

    def record(self, table: str, tenant: int, number: int, **values: Any) -> None:
        at = f"2025-01-0{tenant + 1} 10:00:{number:02d}"
        row = {"tenant_id": self.tenants[tenant], "created_at": at, "updated_at": at} | values
        self.app.insert(table, {"id": number, **row})
        if "prospect_id" in row:
            row["prospect_id"] = self.key(tenant, row["prospect_id"])
        self.twin.insert(table, {"id": self.key(tenant, number), **row})

    def both(self, query: str, *values: Any) -> None:
        for app in (self.app, self.twin):
            app.execute(query, values)

    def state(self, app: AppDatabase) -> dict[str, Any]:
        """All that the project wrote; records by the id that tells them."""
        tables = {
            name for (name,) in app.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        state: dict[str, Any] = {"tables": tables}
        if "customers" in tables:
            state["customers"] = app.rows("SELECT * FROM customers ORDER BY id")
            state["identifiers"] = {
                (tenant, kind, value.rpartition("/")[2] if kind == "prospect_id" else value, *rest)
                for tenant, kind, value, *rest in app.rows("SELECT * FROM customer_identifiers")
            }
            state["undo log"] = set(
                app.rows("SELECT source_table, record_id, before, after FROM customer_link_journal")
            )
        for table in TABLES[1:]:
            columns = {
                name for (name,) in app.rows("SELECT name FROM pragma_table_info(?)", (table,))
            }
            kept = sorted(columns - {"id", "prospect_id", "number"})
            for tenant, own, *values in app.rows(
                f"SELECT tenant_id, id, {', '.join(kept)} FROM {table}"
            ):
                known_as = str(own).rpartition("/")[2]
                state[f"{table} {tenant} {known_as}"] = dict(zip(kept, values, strict=True))
        return state

    def are_alike(self) -> bool:
        app, twin = self.state(self.app), self.state(self.twin)
        # CURRENT_TIMESTAMP is not that of the other one.
        for state in (app, twin):
            state["customers"] = [row[:-2] for row in state.get("customers", [])]
        assert app == twin
        return True


@pytest.fixture(params=KEYS_AND_TENANTS)
def twins(request: pytest.FixtureRequest, tmp_path: Path) -> Twins:
    twins = Twins(tmp_path, request.param)
    fill(twins)
    return twins


def fill(twins: Twins) -> None:
    """Two people with all details, one with a prospect alone, one with an e-mail alone."""
    for tenant, name in enumerate(("Dupont", "Morel")):
        twins.record("prospects", tenant, 1, last_name=name, email=f"{name}@ex.fr", phone=JEAN)
        twins.record("prospects", tenant, 2, last_name=f"{name} the other")
        twins.record("appointments", tenant, 1, customer_name="Jean", customer_phone=JEAN)
        twins.record("appointments", tenant, 2, customer_name="no details", prospect_id=2)
        twins.record("appointments", tenant, 3, customer_email=f"{tenant}@lilas.fr")
        twins.record("omni_conversations", tenant, 1, customer_email="jean@ex.fr")


def run(twins: Twins) -> None:
    for pipeline in twins.pipelines:
        pipeline.run()
        assert holds(pipeline.database)


def test_the_whole_life_is_that_of_a_twin_with_ids_of_its_own(twins: Twins) -> None:
    run(twins)
    assert twins.are_alike()
    linked = twins.app.rows("SELECT count(*) FROM appointments WHERE customer_id IS NOT NULL")
    assert linked == [(6,)]
    (one,), (other,) = twins.app.rows(
        "SELECT customer_id FROM appointments WHERE CAST(id AS TEXT) = '2'"
    )
    assert one != other
    # Two are one, one is deleted, a row is somewhere else, and there are new ones.
    twins.record("omni_conversations", 1, 2, customer_email="jean@ex.fr", customer_phone=JEAN)
    twins.record("appointments", 0, 4, customer_name="Zoé", customer_email="zoe@ex.fr")
    twins.both("DELETE FROM customers WHERE email = '0@lilas.fr'")
    twins.both(
        "UPDATE appointments SET customer_email = 'new@ex.fr' WHERE customer_email = '1@lilas.fr'"
    )
    twins.both("VACUUM")
    run(twins)
    assert twins.are_alike()
    for app in (twins.app, twins.twin):
        install(app)
        contracted(app, anonymous=True)
    assert twins.are_alike()
    for app in (twins.app, twins.twin):
        rolled_back(app, to_previous=True)
    assert twins.are_alike()
    for app in (twins.app, twins.twin):
        rolled_back(app)
    assert "customers" not in twins.state(twins.app)["tables"]
    assert twins.are_alike()


def test_links_that_were_there_before_come_back(twins: Twins) -> None:
    for table in TABLES[1:]:
        twins.both(f"ALTER TABLE {table} ADD COLUMN customer_id TEXT")
    before = twins.state(twins.app)
    run(twins)
    assert twins.are_alike()
    twins.record("appointments", 1, 4, customer_email="jean@ex.fr", customer_phone=JEAN)
    run(twins)
    for app in (twins.app, twins.twin):
        assert rolled_back(app, to_previous=True).left == []
    assert twins.are_alike()
    twins.both("DELETE FROM appointments WHERE created_at LIKE '%:04'")
    for app in (twins.app, twins.twin):
        assert rolled_back(app).left == []
    assert twins.state(twins.app) == before


def test_waves_are_those_of_the_twin(twins: Twins) -> None:
    for tenant in reversed(twins.tenants):
        for pipeline in twins.pipelines:
            assert pipeline.run([tenant]).wrote
            assert holds(pipeline.database)
        assert twins.are_alike()
    for pipeline in twins.pipelines:
        assert not pipeline.run().deferred


@pytest.mark.parametrize("change", ["first", "later"])
def test_a_script_writes_what_a_run_does(change: str, twins: Twins, tmp_path: Path) -> None:
    app = twins.app
    if change == "later":
        run(twins)
        twins.record("appointments", 1, 4, customer_email="jean@ex.fr", customer_phone=JEAN)
        twins.record("prospects", 0, 3, first_name="Luc", email="luc@ex.fr")
    before, after = tmp_path / "before.sqlite", tmp_path / "after.sqlite"
    before.write_bytes(app.path.read_bytes())
    twins.pipelines[0].run()
    after.write_bytes(app.path.read_bytes())
    plan = twins.pipelines[0].plan_path
    script = write_script(before, after, tmp_path / "change.sql", name="promotion", plan=plan)
    check_script(script, before, after)
    with closing(sqlite3.connect(before)) as connection:
        connection.executescript(script.path.read_text(encoding="utf-8"))
    scripted = twins.state(AppDatabase.at(before))
    assert scripted.pop("tables") > twins.state(app)["tables"]
    assert scripted == {name: value for name, value in twins.state(app).items() if name != "tables"}


def test_a_link_that_is_not_written_is_refused_by_the_audit(twins: Twins) -> None:
    pipeline = twins.pipelines[0]
    pipeline.plan()
    with closing(sqlite3.connect(links_path(pipeline.plan_path))) as plan, plan:
        plan.execute("UPDATE appointment_links SET changed = 0 WHERE id = ?", (twins.key(1, 2),))
    with pytest.raises(PromotionRefusedError) as refusal:
        pipeline.publish()
    assert refusal.value.failures["appointments_linked"] == 1


def test_by_day_each_tenant_reaches_its_own(tmp_path: Path) -> None:
    twins = Twins(tmp_path, "texts")
    fill(twins)
    run(twins)
    for tenant, key in KEYS.items():
        twins.app.execute("UPDATE tenants SET api_key = ? WHERE id = ?", (key, tenant))
    customers = {}
    with serving(twins.app) as server:
        for tenant in KEYS:
            with server.client(tenant) as client:
                mine = client.get("/api/v1/appointments/2").json()
                made = created(client, "/api/v1/appointments", prospect_id="2")
                assert made["customer_id"] == mine["customer_id"]
                answer = client.patch(
                    "/api/v1/appointments/3",
                    json={"customer_email": f"{tenant}@new.fr"},
                    headers={"If-Match": "*"},
                )
                assert answer.status_code == 200, answer.text
                new = created(client, "/api/v1/appointments", customer_email=f"{tenant}@new.fr")
                customers[tenant] = (mine["customer_id"], new["customer_id"])
    assert len({customer for both in customers.values() for customer in both}) == 4
    # The appointment that was changed brings its customer along: two of each tenant are one.
    publication = twins.pipelines[0].run()
    assert (publication.deferred, publication.merged_customers) == ([], 2)
    assert holds(twins.app.path)
    mails = (
        "SELECT customer_email, customer_id FROM appointments WHERE customer_email LIKE '%new.fr'"
    )
    linked = set(twins.app.rows(mails))
    assert {mail for mail, _ in linked} == {"t1@new.fr", "t2@new.fr"}
    assert len(linked) == len({customer for _, customer in linked}) == 2


@pytest.mark.parametrize("unique", ["id", "tenant_id, id"])
def test_a_script_names_rows_by_what_tells_records(
    unique: str, app: AppDatabase, tmp_path: Path
) -> None:
    """Whatever the table's own key is: here a number that nobody else knows."""
    for table in TABLES:
        (definition,) = app.rows("SELECT sql FROM sqlite_master WHERE name = ?", (table,))[0]
        plain = definition.replace("id TEXT PRIMARY KEY", "id TEXT", 1).rstrip(")\n")
        app.execute(f"DROP TABLE {table}")
        app.execute(f"{plain}, number INTEGER PRIMARY KEY, UNIQUE ({unique}))")
    for number in ("1", "2"):
        app.appointment(id=number, customer_email=f"{number}@lilas.fr")
    before, after = tmp_path / "before.sqlite", tmp_path / "after.sqlite"
    before.write_bytes(app.path.read_bytes())
    pipeline = Pipeline(app.path)
    pipeline.run()
    after.write_bytes(app.path.read_bytes())
    script = write_script(
        before, after, tmp_path / "change.sql", name="promotion", plan=pipeline.plan_path
    )
    check_script(script, before, after)
    text = script.path.read_text(encoding="utf-8")
    with closing(sqlite3.connect(before)) as connection:
        connection.execute("UPDATE appointments SET customer_email = 'new@ex.fr' WHERE id = '2'")
        connection.commit()
        connection.executescript(text)
        left = connection.execute(
            "SELECT id, reason FROM coccinelle_deferred WHERE source_table = 'appointments'"
        ).fetchall()
    assert left == [("2" if unique == "id" else "t1/2", "changed")]
    # The audit knows which rows the file links.
    assert ("key_id" if unique == "id" else "key_tenant_id") in text
