"""The benchmarks' shapes of data, small: as much work as the demo's, in rows, and the right result.

benchmarks/matrix.py measures the same in seconds, at sizes that take hours.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Hashable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.shapes import SHAPES, run_script, write_shape
from coccinelle_assets.demo import write_demo_database
from coccinelle_assets.settings import load_settings
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.growth.engine_work import Work, measured_work
from coccinelle_assets_tests.people import holds
from coccinelle_assets_tests.pipeline import Pipeline

RECORDS = 800
ANY_DRIFT = {"max_customer_drift": 1000.0, "drift_tolerance": 10**6}
# What a shape may take of what the demo's takes, as in benchmarks/heat_map.py.
SHAPE_BOUND = 2.0


class Life:
    """A database of a shape, run after run, and the work of each."""

    def __init__(self, directory: Path, shape: str) -> None:
        path = directory / shape / "app.db"
        write_shape(shape, path, RECORDS)
        self.app = AppDatabase.at(path)
        self.settings = load_settings(database=path, **ANY_DRIFT)
        self.clusters = -1
        self.linked = -1

    def work(self) -> Iterator[tuple[str, Work]]:
        """The runs one after another; `clusters` and `linked` are what the last one should give."""
        with measured_work() as first:
            pipeline = Pipeline(self.app.path, **ANY_DRIFT)
            pipeline.run()
        self.clusters, self.linked = resolved_by_hand(pipeline)
        yield "first", first
        for change in ("one_percent", "merged"):
            run_script(self.app.path, f"sql/changes/{change}.sql", RECORDS)
            with measured_work() as work:
                pipeline.run()
            yield change, work
        assert pipeline.plan().is_empty
        pipeline.warehouse.close()


def resolved_by_hand(pipeline: Pipeline) -> tuple[int, int]:
    """Customers, and linked appointments and conversations, by the union of what records share."""
    records = pipeline.warehouse.execute(
        "SELECT tenant_id, source_table, source_id, email, phone, prospect_id, person"
        " FROM identity.contacts WHERE source_table <> 'customers'"
    ).fetchall()
    query = "SELECT tenant_id, kind, value FROM identity.identifiers WHERE usable"
    usable = set(pipeline.warehouse.execute(query).fetchall())
    # A landline of several people ties those of one name.
    by_name = set(
        pipeline.warehouse.execute(
            "SELECT tenant_id, kind, value FROM identity.identifiers"
            " WHERE identifier_no IN (SELECT identifier_no FROM identity.name_ties)"
        ).fetchall()
    )
    prospects = {(row[0], row[2]) for row in records if row[1] == "prospects"}
    ties: list[tuple[Hashable, Hashable]] = []
    for tenant, table, record, email, phone, prospect, person in records:
        own = (tenant, table, record)
        values = {(tenant, "email", email), (tenant, "phone", phone)} & usable
        ties += [(own, (value, person) if value in by_name else value) for value in values]
        if table != "prospects" and (tenant, prospect) in prospects:
            ties.append((own, (tenant, "prospects", prospect)))
    components = united(ties)
    linked = {own for own, _ in ties if own[1] != "prospects"}  # type: ignore[index]
    return len(components), len(linked)


def united(ties: Iterable[tuple[Hashable, Hashable]]) -> set[Hashable]:
    """The representatives of the connected components."""
    leader: dict[Hashable, Hashable] = {}

    def find(node: Hashable) -> Hashable:
        leader.setdefault(node, node)
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    for one, other in ties:
        leader[find(one)] = find(other)
    return {find(node) for node in list(leader)}


def test_a_change_of_one_percent_joins_customers(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    write_shape("demo", path, 4_000)
    pipeline = Pipeline(path, **ANY_DRIFT)
    pipeline.run()
    run_script(path, "sql/changes/one_percent.sql", 4_000)
    assert pipeline.run().counts["merged_customers"] > 0
    assert pipeline.plan().is_empty


def test_a_demo_of_many_tenants_whose_numbers_meet_is_written(tmp_path: Path) -> None:
    write_demo_database(tmp_path / "app.db", rows=20, tenants=9_000)
    with closing(sqlite3.connect(tmp_path / "app.db")) as connection:
        [tenants, numbers] = connection.execute(
            "SELECT (SELECT count(*) FROM tenants), (SELECT count(*) FROM omni_phone_mappings)"
        ).fetchone()
    assert numbers < tenants == 9_000


def rows(work: Work) -> int:
    """Rows that all operators of all statements of DuckDB gave."""
    return sum(profile.rows for profile in work.profiles)


def lived(directory: Path, shape: str) -> dict[str, Work]:
    """The work of a shape's runs, whose results are what they should be."""
    life = Life(directory, shape)
    works = {}
    for run, work in life.work():
        if run == "first":
            assert len(life.app.customers()) == life.clusters
            assert sum(owner is not None for owner in life.app.links().values()) == life.linked
        assert holds(life.app.path)
        works[run] = work
    return works


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Work]:
    """The work of the demo's own shape, run by run."""
    return lived(tmp_path_factory.mktemp("shapes"), "demo")


@pytest.mark.parametrize("shape", [name for name in SHAPES if name != "demo"])
def test_a_shape_takes_no_more_work_than_the_demos_and_is_resolved_as_by_hand(
    shape: str, demo: dict[str, Work], tmp_path: Path
) -> None:
    for run, work in lived(tmp_path, shape).items():
        assert rows(work) <= SHAPE_BOUND * rows(demo[run]), run
        assert work.instructions <= SHAPE_BOUND * demo[run].instructions, run
