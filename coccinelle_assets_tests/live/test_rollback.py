"""Rolling back everything: as though the project had never been there."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets_tests.changes import (
    JEAN,
    add_people,
    contracted,
    install,
    promote,
    rolled_back,
)
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.live.deployments import (
    Deployment,
    Pair,
    Record,
    deployments,
    promoted,
    records,
    slow_examples,
)
from coccinelle_assets_tests.pipeline import Pipeline


def assert_a_rollback_leaves_what_the_application_alone_would_have(
    deployment: Deployment, batches: list[list[Record]], wave: bool, contract: bool
) -> bool:
    """Two databases get the same rows; one of them is promoted, contracted and rolled back."""
    with tempfile.TemporaryDirectory() as directory:
        pair = Pair(Path(directory), deployment)
        pipeline = Pipeline(pair.app.path)
        promotions = 0
        for number, batch in enumerate(batches):
            pair.write(batch)
            promotions += promoted(pipeline, ("t1",) if wave and not number else ())
        pipeline.warehouse.close()
        if promotions:
            if contract:
                install(pair.app)
                contracted(pair.app, anonymous=True)
            done = rolled_back(pair.app)
            assert (done.undone, done.left) == ("everything", [])
        pair.assert_same()
        return promotions > 0


@pytest.mark.parametrize(
    "examples", [4, pytest.param(40, marks=pytest.mark.fault)], ids=["few", "many"]
)
def test_after_a_rollback_schema_and_rows_are_as_though_nothing_had_been_promoted(
    examples: int,
) -> None:
    undone = []

    @slow_examples(examples)
    @given(
        deployment=deployments,
        batches=st.lists(records, min_size=1, max_size=3),
        wave=st.booleans(),
        contract=st.booleans(),
    )
    def check(
        deployment: Deployment, batches: list[list[Record]], wave: bool, contract: bool
    ) -> None:
        undone.append(
            assert_a_rollback_leaves_what_the_application_alone_would_have(
                deployment, batches, wave, contract
            )
        )

    check()
    assert sum(undone) > examples / 2


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A promoted database; not to be written to."""
    app = AppDatabase(tmp_path_factory.mktemp("migrated") / "app.db")
    add_people(app)
    promote(app)
    return app.path


@pytest.fixture
def live(migrated: Path, app: AppDatabase) -> AppDatabase:
    """A copy of the promoted database."""
    shutil.copyfile(migrated, app.path)
    app.counter = 100
    return app


USES = {
    "idx_app_customer": "CREATE INDEX idx_app_customer ON appointments (tenant_id, customer_id)",
    "app_linked": "CREATE VIEW app_linked AS SELECT id, customer_id FROM appointments",
    "app_names": "CREATE VIEW app_names AS SELECT first_name FROM customers",
    "app_relinked": "CREATE TRIGGER app_relinked AFTER UPDATE OF customer_id ON omni_conversations"
    " BEGIN UPDATE omni_conversations SET status = 'moved' WHERE id = NEW.id; END",
    "app_forget": "CREATE TRIGGER app_forget AFTER DELETE ON prospects"
    " BEGIN DELETE FROM customers WHERE email = OLD.email; END",
}


@pytest.mark.parametrize("name", USES)
def test_what_the_application_built_on_the_customers_refuses_a_rollback_with_its_name(
    name: str, live: AppDatabase
) -> None:
    live.execute(USES[name])
    content = live.path.read_bytes()
    with pytest.raises(
        CoccinelleError, match=rf"cannot (be rolled back|do without).*{name}.* first"
    ):
        rolled_back(live)
    assert live.path.read_bytes() == content
    kind = USES[name].split()[1]
    live.execute(f"DROP {kind} {name}")
    assert rolled_back(live).undone == "everything"


@pytest.mark.parametrize(
    ("definition", "table"),
    [
        ("CREATE TABLE invoices (id TEXT, buyer TEXT REFERENCES customers (id))", "invoices"),
        ("ALTER TABLE appointments ADD COLUMN sent_by TEXT REFERENCES customers", "appointments"),
    ],
)
def test_a_foreign_key_of_the_application_refuses_a_rollback_with_its_table(
    definition: str, table: str, live: AppDatabase
) -> None:
    live.execute(definition)
    content = live.path.read_bytes()
    with pytest.raises(CoccinelleError, match=rf"table {table} refers to customers by a foreign"):
        rolled_back(live)
    assert live.path.read_bytes() == content


def test_there_is_nothing_to_roll_back_before_a_promotion_or_after_a_rollback(
    app: AppDatabase,
) -> None:
    for _ in range(2):
        content = app.path.read_bytes()
        with pytest.raises(CoccinelleError, match="has no promotion: there is nothing to roll"):
            rolled_back(app)
        assert app.path.read_bytes() == content
        promote(app)
        rolled_back(app)


def test_a_promotion_of_an_older_version_asks_for_the_backup(live: AppDatabase) -> None:
    live.execute("UPDATE customer_promotions SET schema_before = NULL")
    content = live.path.read_bytes()
    with pytest.raises(CoccinelleError, match=r"no receipt .* restore a backup"):
        rolled_back(live)
    assert live.path.read_bytes() == content


def test_rows_written_and_changed_since_are_kept(live: AppDatabase) -> None:
    live.appointment(id="late", customer_id=live.links()["v1"], notes="since")
    live.execute("UPDATE appointments SET notes = 'moved' WHERE id = 'v1'")
    live.execute("DELETE FROM omni_conversations WHERE id = 'w1'")
    done = rolled_back(live)
    assert done.counts == {
        "customers_removed": 3,
        "appointments_links_removed": 4,
        "omni_conversations_links_removed": 1,
    }
    notes = dict(live.rows("SELECT id, notes FROM appointments"))
    assert notes == {"v1": "moved", "v2": "x", "b1": None, "late": "since"}
    assert live.rows("SELECT id FROM omni_conversations") == [("d1",)]
    assert "customer_id" not in live.rows("SELECT sql FROM sqlite_master")[0][0]


@pytest.mark.parametrize("merged", [False, True])
def test_customers_that_were_there_before_keep_what_the_application_wrote_since(
    app: AppDatabase, merged: bool
) -> None:
    app.execute("CREATE TABLE customers (id TEXT PRIMARY KEY, tenant_id TEXT, email TEXT, n TEXT)")
    app.insert("customers", {"id": "vip", "tenant_id": "t1", "email": "jean@ex.fr", "n": "old"})
    twin = "jean@ex.fr" if merged else "luc@roux.fr"
    app.insert("customers", {"id": "twin", "tenant_id": "t1", "email": twin, "n": "x"})
    app.appointment(id="v1", customer_email="jean@ex.fr", customer_phone=JEAN)
    promote(app)
    assert len(app.customers()) == (1 if merged else 2)
    kept = app.links()["v1"]
    gone = {"vip", "twin"} - {kept}
    app.execute("UPDATE customers SET n = 'new' WHERE id = ?", (kept,))
    app.insert("customers", {"id": "late", "tenant_id": "t1", "email": "eve@petit.fr"})
    done = rolled_back(app)
    assert [(row.record_id, row.reason) for row in done.left] == [(kept, "changed")]
    assert set(app.rows("SELECT id, email, n FROM customers")) == {
        (kept, "jean@ex.fr", "new"),
        (*gone, twin, "x" if gone == {"twin"} else "old"),
        ("late", "eve@petit.fr", None),
    }
    names = [name for (name,) in app.rows("SELECT name FROM pragma_table_info('customers')")]
    assert names == ["id", "tenant_id", "email", "n"]


def test_an_edit_between_two_promotions_survives_a_rollback_of_everything(app: AppDatabase) -> None:
    app.execute(
        "CREATE TABLE customers (id TEXT PRIMARY KEY, tenant_id TEXT, last_name TEXT, email TEXT,"
        " phone TEXT)"
    )
    app.execute("ALTER TABLE appointments ADD COLUMN customer_id TEXT")
    for name in ("roux", "morel"):
        app.insert("customers", {"id": name, "tenant_id": "t1", "email": f"{name}@ex.fr"})
    app.appointment(id="a", customer_email="roux@ex.fr")
    app.appointment(id="b")
    pipeline = Pipeline(app.path)
    pipeline.run()
    app.execute("UPDATE customers SET last_name = 'Le Roux' WHERE id = 'roux'")
    app.execute("UPDATE appointments SET customer_id = 'morel' WHERE id = 'b'")
    # The next run writes the same row, and so does one after that.
    app.appointment(id="c", customer_email="roux@ex.fr", customer_phone=JEAN)
    pipeline.run()
    app.execute("UPDATE customers SET email = 'le.roux@ex.fr' WHERE id = 'roux'")
    app.appointment(id="d", customer_name="Luc Roux", customer_email="le.roux@ex.fr")
    pipeline.run()
    assert ("roux", "t1", "Le Roux", "le.roux@ex.fr", JEAN) in app.rows(
        "SELECT id, tenant_id, last_name, email, phone FROM customers"
    )
    rolled_back(app)
    assert app.rows("SELECT * FROM customers ORDER BY id") == [
        ("morel", "t1", None, "morel@ex.fr", None),
        ("roux", "t1", "Le Roux", "le.roux@ex.fr", None),
    ]
    assert app.rows("SELECT id, customer_id FROM appointments ORDER BY id") == [
        ("a", None), ("b", "morel"), ("c", None), ("d", None)
    ]  # fmt: skip
