"""On a real local D1, foreign keys on: tables that refer to those a contraction rebuilds."""

from __future__ import annotations

from pathlib import Path

import pytest

from coccinelle_assets.live.contraction.contract import contract
from coccinelle_assets.live.rollback.rollback import roll_back
from coccinelle_assets.live.statistics.triggers import install_triggers
from coccinelle_assets_tests.children import add_children, everything
from coccinelle_assets_tests.d1.conftest import Project
from coccinelle_assets_tests.database_state import application_state
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.pipeline import Pipeline

pytestmark = pytest.mark.d1


def test_children_keep_every_row_in_a_contraction_and_a_rollback(
    app: AppDatabase, project: Project, tmp_path: Path
) -> None:
    add_children(app)
    project.load(app.path)
    project.database.wrangler.execute(
        "UPDATE sqlite_sequence SET seq = 300 WHERE name = 'messages'"
    )
    children = everything(project.mirror())
    assert len(children["messages"]) == 290
    original = application_state(project.mirror())
    archives = tmp_path / "archives"
    pipeline = Pipeline(tmp_path / "snapshot.sqlite")
    project.database.snapshot(pipeline.database)
    pipeline.plan()
    for name, work in (
        ("promotion", pipeline.publish_to),
        ("triggers", lambda live: install_triggers(live, "test")),
        ("contraction", lambda live: contract(live, "test", archives, anonymous=True)),
        ("rollback", lambda live: roll_back(live, "test", archives)),
    ):
        assert project.database.change(name, work).deferred == ()
        now = everything(project.mirror())
        assert {**now, "objects": []} == {**children, "objects": []}, name
    assert application_state(project.mirror()) == original
