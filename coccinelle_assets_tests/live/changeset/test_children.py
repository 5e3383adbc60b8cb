"""Tables that refer to those a contraction rebuilds, in a database whose foreign keys are on."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.changeset.script import write_script
from coccinelle_assets.live.changeset.trial import apply_script, check_script
from coccinelle_assets_tests.changes import (
    add_people,
    contracted,
    install,
    promote,
    rolled_back,
)
from coccinelle_assets_tests.children import add_children, everything
from coccinelle_assets_tests.databases import AppDatabase


def test_children_keep_every_row_in_a_contraction_and_a_rollback(
    app: AppDatabase, tmp_path: Path
) -> None:
    add_children(app)
    promote(app)
    install(app)
    before, after = tmp_path / "before.sqlite", tmp_path / "after.sqlite"
    for name, change in (
        ("contraction", lambda: contracted(app, anonymous=True)),
        ("rollback", lambda: rolled_back(app)),
    ):
        shutil.copyfile(app.path, before)
        change()
        shutil.copyfile(app.path, after)
        script = write_script(before, after, tmp_path / f"{name}.sql", name=name)
        check_script(script, before, after)
        apply_script(script.path, before)
        kept, wanted = everything(before), everything(after)
        # What scripts leave.
        kept["objects"] = [o for o in kept["objects"] if not o[1].startswith("coccinelle_")]
        assert kept == wanted
        assert len(kept["messages"]) == 290


def test_a_table_that_refers_to_it_since_holds_the_script(app: AppDatabase, tmp_path: Path) -> None:
    add_children(app)
    promote(app)
    install(app)
    before, after = tmp_path / "before.sqlite", tmp_path / "after.sqlite"
    shutil.copyfile(app.path, before)
    contracted(app, anonymous=True)
    shutil.copyfile(app.path, after)
    script = write_script(before, after, tmp_path / "contraction.sql", name="contraction")
    with closing(sqlite3.connect(before)) as connection, connection:
        connection.execute("CREATE TABLE late (m INTEGER REFERENCES messages ON DELETE CASCADE)")
        connection.execute("INSERT INTO late VALUES (1)")
    content = before.read_bytes()
    with pytest.raises(sqlite3.IntegrityError, match="schema_unchanged"):
        apply_script(script.path, before)
    assert before.read_bytes() == content


def test_tables_that_refer_to_one_another_are_told(app: AppDatabase, tmp_path: Path) -> None:
    add_people(app)
    app.execute("CREATE TABLE rooms (id TEXT PRIMARY KEY, booked TEXT REFERENCES bookings (id))")
    app.execute(
        "CREATE TABLE bookings (id TEXT PRIMARY KEY, room TEXT REFERENCES rooms (id),"
        " appointment TEXT REFERENCES appointments (id))"
    )
    promote(app)
    install(app)
    before, after = tmp_path / "before.sqlite", tmp_path / "after.sqlite"
    shutil.copyfile(app.path, before)
    contracted(app, anonymous=True)
    shutil.copyfile(app.path, after)
    with pytest.raises(CoccinelleError, match=r"refers to (rooms|bookings) by a foreign key"):
        write_script(before, after, tmp_path / "contraction.sql", name="contraction")
