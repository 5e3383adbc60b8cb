"""On a real local D1: the whole life of databases of other shapes than the demo's."""

from __future__ import annotations

from pathlib import Path

import pytest

from coccinelle_assets.live.contraction.contract import contract
from coccinelle_assets.live.promotion.run import promote_to
from coccinelle_assets.live.rollback.rollback import roll_back
from coccinelle_assets.live.statistics.triggers import install_triggers
from coccinelle_assets_tests.d1.conftest import Project
from coccinelle_assets_tests.database_state import application_state
from coccinelle_assets_tests.people import holds
from coccinelle_assets_tests.pipeline import Pipeline
from coccinelle_assets_tests.schemas.any_schema import (
    OWN_COLUMNS,
    OWN_CUSTOMERS,
    SPELLINGS,
    AnySchema,
    Pair,
)

pytestmark = pytest.mark.d1
# D1 exports no virtual tables, and has no functions but SQLite's own.
SHAPES = {
    "numbers and capitals": AnySchema(
        ids="INTEGER", tenant_ids="INTEGER", tenants="table", strict=False, without_rowid=False,
        by_tenant=True, spelling=SPELLINGS.index(str.capitalize), own_columns=OWN_COLUMNS[:4],
        links=(None, None),
        customers=None, kept=None, around=("log", "touch", "view of all", "indexes"),
    ),
    "strict without rowids": AnySchema(
        ids="TEXT", tenant_ids="INTEGER", tenants="view", strict=True, without_rowid=True,
        by_tenant=True, spelling=3, own_columns=(), links=("TEXT", None), customers=None, kept=None,
        around=("broken view", "touch", "guard"),
    ),
    "customers of their own": AnySchema(
        ids="VARCHAR(36)", tenant_ids="TEXT", tenants="none", strict=False, without_rowid=False,
        by_tenant=False, spelling=0, own_columns=OWN_COLUMNS[4:], links=(None, "TEXT DEFAULT NULL"),
        customers=OWN_CUSTOMERS[1], kept="table", around=("log", "view"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_every_change_is_what_sqlite_gets(name: str, project: Project, tmp_path: Path) -> None:
    pair = Pair(tmp_path, SHAPES[name])
    pair.people()
    project.load(pair.app)
    expected, archives = tmp_path / "expected.db", tmp_path / "archives"
    pipeline = Pipeline(tmp_path / "snapshot.sqlite")
    project.database.snapshot(pipeline.database)
    pipeline.plan()
    for step, work in (
        ("promotion", lambda live: promote_to(live, pipeline.promotion())),
        ("triggers", lambda live: install_triggers(live, "test")),
        ("contraction", lambda live: contract(live, "test", archives, anonymous=True)),
        ("rollback", lambda live: roll_back(live, "test", archives)),
    ):
        assert project.change(step, work, expected).deferred == ()
        project.assert_holds(expected)
        if step != "rollback":
            assert holds(project.mirror())
    assert application_state(project.mirror()) == application_state(pair.alone)
