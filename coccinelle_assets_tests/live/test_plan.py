"""The plan as files: whole or refused; a first promotion's customers prepared and taken over."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from coccinelle_assets.demo import write_demo_database
from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.promotion import run as protocol
from coccinelle_assets.live.promotion.expand import create_customer_indexes, expand
from coccinelle_assets.live.promotion.plan_file import attach_plan
from coccinelle_assets.live.promotion.prepared_customers import (
    TRANSFER,
    prepare_customers,
    take_prepared_customers,
)
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets.live.sqlite.schema import Schema, read_schema
from coccinelle_assets.live.sqlite.transaction import transaction
from coccinelle_assets.warehouse.write_plan import write_plan
from coccinelle_assets_tests.database_state import database_state
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.pipeline import Pipeline


def make_customers_table(app: AppDatabase) -> None:
    """The plan's own table, made by hand before the first promotion."""
    with open_live(app.path, 1, writable=True) as live:
        expand(live, read_schema(live))
        for table in ("customer_promotions", "customer_merges"):
            live.execute(f"DROP TABLE {table}")


def promoted(path: Path) -> list[tuple[object, ...]]:
    """What a promotion wrote, but for its own moment."""
    with closing(sqlite3.connect(path)) as connection:
        rows: list[tuple[object, ...]] = []
        for query in (
            "SELECT id, tenant_id, first_name, last_name, email, phone, status, source, tags,"
            " preferred_contact_method, language, timezone, total_appointments,"
            " total_conversations, last_contact_at FROM customers ORDER BY id",
            "SELECT id, customer_id FROM appointments ORDER BY id",
            "SELECT id, customer_id FROM omni_conversations ORDER BY id",
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' ORDER BY name",
        ):
            rows += connection.execute(query).fetchall()
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    return rows


def test_prepared_customers_are_those_that_are_inserted_into_a_table_that_was_there(
    tmp_path: Path,
) -> None:
    ours, theirs = tmp_path / "ours.db", tmp_path / "theirs.db"
    write_demo_database(ours, 600)
    theirs.write_bytes(ours.read_bytes())
    make_customers_table(AppDatabase.at(theirs))
    counts = []
    for path in (ours, theirs):
        pipeline = Pipeline(path)
        counts.append(pipeline.run().counts)
        assert sorted(file.name for file in pipeline.home.glob("*.sqlite")) == [
            "plan.sqlite",
            "plan_links.sqlite",
            "snapshot.sqlite",
        ]
    assert counts[0] == counts[1]
    assert counts[0]["new_customers"] > 100
    assert promoted(ours) == promoted(theirs)


def test_sqlite_copies_the_rows_as_they_lie(small: AppDatabase, pipeline: Pipeline) -> None:
    """Columns, constraints and indexes of the prepared table are those of the live one."""
    whole_rows = {"RowCell", "RowData"}
    pipeline.plan()
    prepared = prepare_customers(pipeline.plan_path)
    with open_live(small.path, 1, writable=True) as live, transaction(live):
        expand(live, read_schema(live))
        create_customer_indexes(live)
        take_prepared_customers(live, prepared)
        live.execute("DELETE FROM customers")
        assert whole_rows & {row[1] for row in live.execute(f"EXPLAIN {TRANSFER}")}
        live.execute("DROP INDEX idx_customers_email")
        live.execute("CREATE INDEX idx_customers_email ON customers (email COLLATE NOCASE)")
        assert not whole_rows & {row[1] for row in live.execute(f"EXPLAIN {TRANSFER}")}
        live.execute("ROLLBACK")


def test_two_planned_customers_with_one_email_are_refused_and_nothing_is_written(
    small: AppDatabase, pipeline: Pipeline
) -> None:
    pipeline.plan()
    before = database_state(small.path)
    with closing(sqlite3.connect(pipeline.plan_path)) as plan, plan:
        plan.execute("UPDATE new_customers SET email = 'one@ex.fr', tenant_id = 't1'")
    with pytest.raises(CoccinelleError, match=r"1 customers of the plan .* share an id, e-mail"):
        pipeline.publish()
    assert database_state(small.path) == before
    assert not (pipeline.home / "new_customers.sqlite").exists()


def test_a_customers_table_that_appears_meanwhile_keeps_its_rows(
    small: AppDatabase, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The preparation has begun by then; the transaction finds the table and inserts into it."""
    pipeline.plan()
    prepared: list[Path] = []

    def appear_and_attach(live: sqlite3.Connection, plan: Path) -> None:
        make_customers_table(small)
        small.execute(
            "INSERT INTO customers (id, tenant_id, email) VALUES ('own', 't1', 'jean@ex.fr')"
        )
        attach_plan(live, plan)

    def prepare(plan: Path) -> Path:
        prepared.append(prepare_customers(plan))
        return prepared[-1]

    monkeypatch.setattr(protocol, "attach_plan", appear_and_attach)
    monkeypatch.setattr(protocol, "prepare_customers", prepare)
    publication = pipeline.publish()
    assert prepared
    assert [(row.source_table, row.reason) for row in publication.deferred] == [
        ("customers", "identifier_taken"),
        ("appointments", "customer_unavailable"),
    ]
    assert {row["id"] for row in small.customers()} == {"own", small.links()["c1"]}


@pytest.mark.parametrize("missing", ["plan.sqlite", "plan_links.sqlite"])
def test_a_plan_that_is_not_whole_is_refused_by_its_name(
    small: AppDatabase, pipeline: Pipeline, missing: str
) -> None:
    pipeline.plan()
    before = database_state(small.path)
    (pipeline.home / missing).unlink()
    with pytest.raises(CoccinelleError, match=f"there is no plan at .*/{missing}: run the whole"):
        pipeline.publish()
    assert database_state(small.path) == before


def test_a_plan_that_cannot_be_written_says_why(small: AppDatabase, pipeline: Pipeline) -> None:
    """The error is the one of the writing, not that its file cannot be detached."""
    pipeline.resolve()
    pipeline.warehouse.execute("DROP TABLE ssot.cleared_links")
    with pytest.raises(duckdb.CatalogException, match="cleared_links"):
        write_plan(pipeline.warehouse, pipeline.plan_path, "run")
    pipeline.resolve()
    pipeline.warehouse.execute("CREATE OR REPLACE TABLE ssot.appointment_links AS SELECT 1 AS id")
    with pytest.raises(duckdb.BinderException, match="customer_id"):
        write_plan(pipeline.warehouse, pipeline.plan_path, "run")


def test_the_schema_is_read_once_in_a_promotions_transaction(
    small: AppDatabase, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each table is asked for its columns many times otherwise, while other writers wait."""
    pipeline.run()
    small.appointment(id="a2", customer_email="luc@roux.fr", customer_name="Luc Roux")
    pipeline.plan()
    read: list[bool] = []

    def counted(connection: sqlite3.Connection) -> Schema:
        read.append(connection.in_transaction)
        return read_schema(connection)

    for name, module in list(sys.modules.items()):
        if name.startswith("coccinelle_assets.") and getattr(module, "read_schema", None):
            monkeypatch.setattr(module, "read_schema", counted)
    assert pipeline.publish().new_customers == 1
    assert read == [True]
