"""Twice the records are twice the work, for every statement of both engines and on every run.

Measured in rows and instructions, on two tenants that hold everything: a join by the tenant alone,
or a row looked for among all, grows fourfold. DuckDB joins in the order it finds best and in the
order in which a statement is written: a statement must stand either. What it would find best on
another database nobody can try, so each statement is also read for the joins that it allows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from pathlib import Path

import duckdb
import pytest

from coccinelle_assets.local_runs.run_job import run_migration
from coccinelle_assets.resolution.model import model
from coccinelle_assets.settings import load_settings
from coccinelle_assets.warehouse.file import WAREHOUSE
from coccinelle_assets_tests.changes import contracted, install, rolled_back
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.growth.engine_work import Work, measured_work
from coccinelle_assets_tests.growth.join_graph import joins_by_too_little
from coccinelle_assets_tests.growth.two_tenants import change_two_tenants, write_two_tenants
from coccinelle_assets_tests.people import holds
from coccinelle_assets_tests.pipeline import Pipeline

PEOPLE = 400
# Work that twice the records may take, and what counts for nothing: rows, and instructions in
# thousands.
GROWTH = 2.5
FEW_ROWS, FEW_INSTRUCTIONS = 200, 15
# One step of a statement may read everything there is, whatever it read of half of it: the engine
# takes another plan. Records of a person, customers and links among them.
ALL_ROWS = 5

MEANWHILE = """
UPDATE appointments SET customer_email = 'other' || id || '@example.fr'
WHERE rowid % 5 = 0 AND (customer_id IS NULL OR customer_id IN (SELECT id FROM customers));
UPDATE appointments SET customer_phone = CAST(customer_phone AS BLOB) WHERE rowid % 5 = 1;
DELETE FROM appointments WHERE rowid % 5 = 2;
UPDATE customers SET email = 'mine' || email WHERE rowid % 5 = 0;
"""

# As it once was: DuckDB joined the crosswalk to the live customers by the tenant alone.
OLD_CUSTOMER_SPLITS = """
CREATE OR REPLACE TABLE ssot.customer_splits AS
SELECT
    p.customer_id,
    w.customer_id AS new_customer_id,
    k.tenant_id,
    count(*) AS records
FROM promoted.links AS p
JOIN identity.clusters AS k ON k.source_table = p.source_table AND k.source_id = p.source_id
JOIN ssot.crosswalk AS w ON w.cluster_no = k.cluster_no AND w.tenant_id = k.tenant_id
JOIN source.customers AS l ON l.id = p.customer_id AND l.tenant_id = k.tenant_id
LEFT JOIN ssot.customer_merges AS m ON m.merged_id = p.customer_id
WHERE w.customer_id <> p.customer_id AND m.merged_id IS NULL
GROUP BY p.customer_id, w.customer_id, k.tenant_id;
"""


class Life:
    """A database of `people` in each of two tenants, from its first run to its rollback."""

    def __init__(self, directory: Path, people: int, *, bare: bool = False) -> None:
        directory.mkdir()
        path = directory / "app.db"
        write_two_tenants(path, people, bare=bare)
        self.app, self.people = AppDatabase.at(path), people
        self.limits = {"max_customer_drift": 1000.0, "drift_tolerance": 10**6}
        self.settings = load_settings(database=path, **self.limits)
        self.warehouse = self.settings.home_directory / WAREHOUSE

    def steps(self) -> Iterator[tuple[str, Callable[[], object]]]:
        """What is done and measured, in order; in between the application writes."""
        yield "first run", self.migrate
        change_two_tenants(self.app.path, self.people)
        yield "dry run", lambda: self.migrate(dry_run=True)
        yield "changed run", self.migrate
        yield "verification", lambda: holds(self.app.path)
        yield "undoing the last run", lambda: rolled_back(self.app, to_previous=True)
        yield "wave", lambda: self.migrate(tenants=("t1",))
        pipeline = Pipeline(self.app.path, str(self.warehouse), **self.limits)
        pipeline.runs = 10
        pipeline.plan()
        with closing(sqlite3.connect(self.app.path)) as application:
            application.executescript(MEANWHILE)
        yield "overtaken promotion", pipeline.publish
        pipeline.warehouse.close()
        yield "triggers", lambda: install(self.app)
        yield "contraction", lambda: contracted(self.app, anonymous=True)
        yield "contracted run", self.migrate
        yield "undoing that run", lambda: rolled_back(self.app, to_previous=True)
        yield "undoing the contraction", lambda: rolled_back(self.app, to_previous=True)
        yield "rollback", lambda: rolled_back(self.app)

    def views(self) -> dict[str, str]:
        """The query of each view of the warehouse, by its name."""
        with duckdb.connect(self.warehouse, read_only=True) as connection:
            rows = connection.execute(
                "SELECT schema_name || '.' || view_name, sql FROM duckdb_views() WHERE NOT internal"
            ).fetchall()
        return {name: definition.partition(" AS ")[2] for name, definition in rows}

    def migrate(self, **options: object) -> None:
        outcome = run_migration(self.settings, **options)
        assert outcome.is_done, outcome.error or outcome.refused


def work_of(life: Life, *, written_order: bool = False, last: str = "rollback") -> dict[str, Work]:
    """What each step of a life took, up to the `last` one."""
    taken = {}
    for name, step in life.steps():
        with measured_work(written_order=written_order) as work:
            step()
        taken[name] = work
        if name == last:
            break
    return taken


def widest(work: Work) -> dict[str, int]:
    """The most rows that one operator of each statement of DuckDB gave."""
    rows: dict[str, int] = {}
    for profile in work.profiles:
        rows[profile.statement] = max(rows.get(profile.statement, 0), profile.widest)
    return rows


def too_much(half: Work, whole: Work, people: int) -> list[str]:
    """The statements that took more than twice the records explain, each with both figures."""
    before = widest(half)
    found = [
        f"{before.get(statement, 0)} rows, then {rows}: {statement}"
        for statement, rows in widest(whole).items()
        if rows > GROWTH * before.get(statement, 0) + FEW_ROWS and rows > ALL_ROWS * 2 * people
    ]
    return found + [
        f"{half.by_statement[statement]} thousand instructions, then {taken}: {statement}"
        for statement, taken in whole.by_statement.items()
        if taken > GROWTH * half.by_statement[statement] + FEW_INSTRUCTIONS
    ]


@pytest.mark.parametrize(
    ("written_order", "bare"),
    [
        pytest.param(False, False, id="as the engine orders it"),
        pytest.param(True, True, id="as it is written, without keys"),
    ],
)
def test_every_statement_of_every_run_is_linear(
    tmp_path: Path, *, written_order: bool, bare: bool
) -> None:
    lives = [Life(tmp_path / str(people), people, bare=bare) for people in (PEOPLE, 2 * PEOPLE)]
    half, whole = (work_of(life, written_order=written_order) for life in lives)
    grown = {name: too_much(half[name], whole[name], 2 * PEOPLE) for name in whole}
    assert {name: found for name, found in grown.items() if found} == {}
    views = lives[0].views()
    executed = {profile.statement for work in half.values() for profile in work.profiles}
    allowed = {statement: joins_by_too_little(statement, views) for statement in executed}
    assert {statement: joins for statement, joins in allowed.items() if joins} == {}


def test_a_join_by_the_tenant_alone_is_found() -> None:
    clusters = "SELECT c.tenant_id, c.source_table, c.source_id, m.cluster_no" + (
        " FROM identity.members AS m JOIN identity.contacts AS c ON c.record_no = m.record_no"
    )
    found = joins_by_too_little(OLD_CUSTOMER_SPLITS, {"identity.clusters": clusters})
    assert "ssot.crosswalk and source.customers by tenant_id" in found
    assert joins_by_too_little(model("customer_splits"), {"identity.clusters": clusters}) == []


def test_a_row_looked_for_among_all_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "coccinelle_assets.live.rollback.rollback.ids_indexed", lambda *_: nullcontext()
    )
    step = "undoing the last run"
    half, whole = (
        work_of(Life(tmp_path / str(people), people, bare=True), last=step)[step]
        for people in (200, 400)
    )
    found = "".join(too_much(half, whole, 400))
    assert "undo_links AS u\nLEFT JOIN appointments AS t" in found
    assert "undo_links AS u\nLEFT JOIN omni_conversations AS t" in found
